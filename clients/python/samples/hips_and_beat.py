"""Prints where the dancer's hips are and when the next beat comes: python samples/hips_and_beat.py [ADDRESS]."""

import asyncio
import sys
from contextlib import suppress

from groovecast_client import connect


async def main(address: str) -> None:
    """Four lines a second, until Ctrl-C."""
    shown_s = 0.0
    client = connect(address)
    async for pose in client:
        if pose.time_s - shown_s < 0.25:
            continue
        shown_s = pose.time_s
        x, y, z = pose.root_m
        beat = "no beat yet"
        now_s = client.server_now_s()
        if pose.next_beat is not None and now_s is not None:
            coming = pose.next_beat
            beat = f"beat {coming.bar_position + 1} of {coming.beats_per_bar} in {coming.next_beat_s - now_s:+.3f} s"
        lost = client.counts.late + client.counts.dropped_here
        print(
            f"hips at {x:+.2f} {y:+.2f} {z:+.2f} m   {beat}   {lost} late or lost{'   waiting' * pose.held}"
        )


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8765"))
