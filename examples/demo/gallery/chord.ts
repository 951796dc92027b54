/** A recording made of sines: what a large file sounds like, and no photograph of ours is one. */

const RATE = 44_100
const HEADER_BYTES = 44
const BYTES_PER_SAMPLE = 2
/** Hertz: A minor, F major, C major, G major, each note ringing on after it was plucked. */
const CHORDS = [
  [110, 220, 261.63, 329.63, 440],
  [87.31, 174.61, 220, 261.63, 349.23],
  [130.81, 196, 261.63, 329.63, 392],
  [98, 196, 246.94, 293.66, 392],
]
const CHORD_SECONDS = 4
const PLUCK_SECONDS = 0.16
const ROUNDS = 2

/** A WAV file of 16-bit samples, one channel; 2.8 MB, the same bytes each time. */
export function makeRecording(): Buffer {
  const samples = new Float64Array(CHORDS.length * CHORD_SECONDS * RATE)
  for (const [number, chord] of CHORDS.entries()) {
    for (const [string, pitch] of chord.entries())
      pluck(samples, number * CHORD_SECONDS + string * PLUCK_SECONDS, pitch)
  }
  const round = writeSamples(samples)
  return Buffer.concat([writeHeader(ROUNDS * round.length), ...Array.from({ length: ROUNDS }, () => round)])
}

function pluck(samples: Float64Array, second: number, pitch: number): void {
  const start = Math.round(second * RATE)
  const end = Math.min(samples.length, start + CHORD_SECONDS * RATE)
  for (let i = start; i < end; i++) {
    const time = (i - start) / RATE
    const attack = Math.min(1, time * 200)
    // Fades to nothing by its end, and by that of the round, so that nothing clicks.
    const fade = Math.exp(-1.4 * time) * Math.min(1, (end - i) / RATE)
    const phase = 2 * Math.PI * pitch * time
    const tone = Math.sin(phase) + 0.35 * Math.sin(2 * phase) + 0.12 * Math.sin(3 * phase)
    samples[i] = (samples[i] ?? 0) + 0.09 * attack * fade * tone
  }
}

function writeSamples(samples: Float64Array): Buffer {
  const bytes = Buffer.alloc(samples.length * BYTES_PER_SAMPLE)
  for (const [i, sample] of samples.entries())
    bytes.writeInt16LE(Math.round(32_767 * Math.tanh(sample)), i * BYTES_PER_SAMPLE)
  return bytes
}

/** Of a WAV file with so many bytes of samples. */
function writeHeader(bytes: number): Buffer {
  const file = Buffer.alloc(HEADER_BYTES)
  file.write('RIFF', 0, 'latin1')
  file.writeUInt32LE(HEADER_BYTES - 8 + bytes, 4)
  file.write('WAVEfmt ', 8, 'latin1')
  file.writeUInt32LE(16, 16)
  file.writeUInt16LE(1, 20)
  file.writeUInt16LE(1, 22)
  file.writeUInt32LE(RATE, 24)
  file.writeUInt32LE(RATE * BYTES_PER_SAMPLE, 28)
  file.writeUInt16LE(BYTES_PER_SAMPLE, 32)
  file.writeUInt16LE(8 * BYTES_PER_SAMPLE, 34)
  file.write('data', 36, 'latin1')
  file.writeUInt32LE(bytes, 40)
  return file
}
