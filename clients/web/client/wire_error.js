/** What a decoder throws for bytes that are not what the protocol says, and the only thing that it throws. */

export class WireError extends Error {
  /**
   * @param {string} code names what was wrong: "truncated", "magic", "version", "type", "not finite" or "block"
   * @param {string} message in plain words
   */
  constructor(code, message) {
    super(message);
    this.name = "WireError";
    this.code = code;
  }
}
