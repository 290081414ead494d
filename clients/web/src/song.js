/** A song of the person's own, on its way to the dancer: mixed to mono, 24 kHz, 16 bits, piece by piece. */

export const SONG_RATE_HZ = 24000;
export const LONGEST_SONG_S = 600;
const LONGEST_TITLE = 200; // letters that a server keeps
const PIECE_SAMPLES = 32768; // 64 KiB, the most that a message may hold
const PIECE_HEADER_BYTES = 8;
const MOST_WAITING_BYTES = 1 << 20;
const MAGIC_GCPC = 0x43504347; // "GCPC", little-endian

/** What a song of this file name is called, here and at the server. */
export function titleOf(fileName) {
  return [...fileName.replace(/\.[^.]+$/, "")].slice(0, LONGEST_TITLE).join("");
}

/** Samples -1..1 as 16-bit whole numbers; what is too loud is clipped. */
export function toInt16(samples) {
  const out = new Int16Array(samples.length);
  for (let k = 0; k < samples.length; k += 1) {
    out[k] = Math.round(Math.min(Math.max(samples[k], -1), 1) * 32767);
  }
  return out;
}

/** The binary messages that carry these samples, in order. */
export function* pieces(samples) {
  for (let first = 0; first < samples.length; first += PIECE_SAMPLES) {
    const part = samples.subarray(first, first + PIECE_SAMPLES);
    const message = new DataView(new ArrayBuffer(PIECE_HEADER_BYTES + 2 * part.length));
    message.setUint32(0, MAGIC_GCPC, true);
    message.setUint32(4, first, true);
    part.forEach((sample, k) => message.setInt16(PIECE_HEADER_BYTES + 2 * k, sample, true));
    yield message.buffer;
  }
}

/** One channel at 24 kHz of a decoded song. */
export async function mixToMono(buffer) {
  const samples = Math.ceil(buffer.duration * SONG_RATE_HZ);
  const offline = new OfflineAudioContext({ numberOfChannels: 1, length: samples, sampleRate: SONG_RATE_HZ });
  const node = new AudioBufferSourceNode(offline, { buffer });
  node.connect(offline.destination);
  node.start();
  return toInt16((await offline.startRendering()).getChannelData(0));
}

/**
 * Send a song; `progress` hears the share that has left. False when the line broke, or when the song is no longer
 * `wanted`: the pieces of two songs must not mix.
 */
export async function sendSong(connection, { title, samples }, progress, wanted) {
  if (!wanted()) return false;
  const begun = connection.say({ type: "song", title, sample_rate_hz: SONG_RATE_HZ, samples: samples.length });
  if (!begun) return false;
  let sent = 0;
  for (const piece of pieces(samples)) {
    while (wanted() && connection.open && connection.waitingBytes > MOST_WAITING_BYTES) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (!wanted() || !connection.sendBytes(piece)) return false;
    sent += (piece.byteLength - PIECE_HEADER_BYTES) / 2;
    progress(sent / samples.length);
  }
  return true;
}
