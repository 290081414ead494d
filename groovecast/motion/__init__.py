"""The body: skeleton, rotations, the model's numbers, and what keeps shown motion smooth and grounded."""
