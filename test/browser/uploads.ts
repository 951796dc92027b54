import type { Ref } from '../../core/model/ref.ts'
import type { Volume } from '../../core/volume/volume.ts'
import { plantBlob, refNumber } from '../flows/setting.ts'
import { HOSTILE_UPLOADS } from './hostile-uploads.ts'
import { fixtureOf } from './media.ts'

export interface Upload {
  readonly ref: Ref
  readonly bytes: Buffer
}

/** Plants them in the volume; answers them by their names. */
export function plantUploads(
  volume: Volume,
  made: Readonly<Record<string, Buffer>>,
): ReadonlyMap<string, Upload> {
  const contents: [name: string, bytes: Buffer][] = [
    ...['china.jpg', 'chelsea.png', 'toc-depth.pdf', 'BSD-0-Clause.rst'].map((name): [string, Buffer] => [
      name,
      fixtureOf(name),
    ]),
    ...HOSTILE_UPLOADS.map(({ name, bytes }): [string, Buffer] => [name, bytes]),
    ...Object.entries(made),
  ]
  return new Map(
    contents.map(([name, bytes], i) => {
      const ref = refNumber(i + 1)
      plantBlob(volume, ref, bytes)
      return [name, { ref, bytes }]
    }),
  )
}
