/** The text messages of the stream as types; their meaning is in protocol/PROTOCOL.md. */

/**
 * @typedef {object} Gets what this client gets
 * @property {number} fps
 * @property {number} look_ahead_s
 * @property {"f32" | "i16" | "json"} encoding
 * @property {number} joints
 * @property {string[]} [blocks]
 *
 * @typedef {Gets & {server: string, version: string, session: string, protocol: number, now_s: number, skeleton: string}} Hello
 *
 * @typedef {object} Transport where the music is
 * @property {boolean} playing
 * @property {string} title
 * @property {string | null} track
 * @property {boolean} local
 * @property {number} position_s
 * @property {number} at_s
 * @property {number} duration_s
 *
 * @typedef {object} State how the show is doing
 * @property {number} tempo_bpm
 * @property {number} confidence
 * @property {number} energy
 * @property {boolean} silent
 * @property {string} model
 * @property {string} engine
 * @property {number} fps
 * @property {number} misses
 * @property {{p50: number, p95: number, p99: number, max: number}} latency_ms
 * @property {number} clients
 * @property {number} dropped
 * @property {number} dropped_here
 * @property {string} beat_source
 * @property {number} beats_per_bar
 * @property {number | null} input_db
 *
 * @typedef {object} Input who sends live sound
 * @property {boolean} wanted
 * @property {"microphone" | "tab" | null} kind
 * @property {string} label
 * @property {boolean} yours
 *
 * @typedef {object} Notice plain words for the person
 * @property {string} text
 * @property {string | null} code
 *
 * @typedef {object} Status how the line is
 * @property {"connecting" | "lost" | "closed"} state
 * @property {number} [retryS] until it is tried again
 * @property {string} [reason] the server's, if it gave one
 *
 * @typedef {object} Heard what there is to listen to, by name
 * @property {import("./codec.js").Frame} pose
 * @property {Hello} hello
 * @property {Gets} subscribed
 * @property {import("./skeleton.js").SkeletonMessage} skeleton
 * @property {Transport} transport
 * @property {State} state
 * @property {Input} input
 * @property {Notice} notice
 * @property {Status} status
 * @property {undefined} open
 */

export {};
