/** The one place of the client that reads the time; all else is given it. */

/** Seconds on this machine's own clock, which only ever runs forward. */
export const localS = () => performance.now() / 1000;
