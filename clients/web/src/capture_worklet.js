/** On the sound thread: gathers what is heard into blocks of 20 ms, each with the time of its first sample. */

const BLOCK_S = 0.02;

class CaptureProcessor extends AudioWorkletProcessor {
  #block = new Float32Array(Math.round(BLOCK_S * sampleRate));
  #filled = 0;
  #firstFrame = 0;

  process([channels]) {
    const samples = channels[0]?.length ?? 0; // no channel: nothing comes just now
    for (let k = 0; k < samples; k += 1) {
      if (this.#filled === 0) this.#firstFrame = currentFrame + k;
      let sum = 0;
      for (const channel of channels) sum += channel[k];
      this.#block[this.#filled] = sum / channels.length;
      this.#filled += 1;
      if (this.#filled === this.#block.length) this.#send();
    }
    return true;
  }

  #send() {
    const samples = this.#block.slice();
    this.port.postMessage({ samples, firstS: this.#firstFrame / sampleRate }, [samples.buffer]);
    this.#filled = 0;
  }
}

registerProcessor("groovecast-capture", CaptureProcessor);
