/** The Groovecast client without dependencies: watch a show, and have a pose for every picture that you draw. */

export { ServerClock } from "./clock.js";
export { BEAT_BLOCK, beatBlock, CONTACTS_BLOCK, contactsBlock, decodeFrame, encodeFrame, WireError } from "./codec.js";
export { Connection, LOOK_AHEAD_S, streamAddress } from "./connection.js";
export { localS } from "./local_clock.js";
export { JitterBuffer, Player } from "./player.js";
export { Show, watch } from "./show.js";
export { Skeleton } from "./skeleton.js";
