import { NiceBlobsError } from '../model/errors.ts'
import {
  parseVolumeRow,
  parseVolumeSortKey,
  type VolumeRowKind,
  type VolumeRowOf,
  type VolumeRows,
  volumePartition,
  volumeSortKey,
} from '../model/volume-row.ts'
import { bodyOf } from './dynamo-sequence.ts'
import type { Item } from './dynamo-table.ts'

/** Rows of volumes as DynamoDB keeps them: the key, what conditions compare, and the row itself as JSON. */

export function volumeKey(database: string, volume: string, kind: VolumeRowKind): Item {
  return { pk: { S: volumePartition(database) }, sk: { S: volumeSortKey(volume, kind) } }
}

/** A row under the key of another is as unreadable as one of an unknown format (I9). */
export function fromVolumeItem<Kind extends VolumeRowKind>(
  item: Item,
  kind: Kind,
  { database, volume }: { database: string; volume: string },
  subject: string,
): VolumeRowOf[Kind] {
  const name = `${subject}/${volumePartition(database)}/${volumeSortKey(volume, kind)}`
  const row = parseVolumeRow(kind, bodyOf(item), name)
  return row.database === database && row.volume === volume ? row : parseVolumeRow(kind, undefined, name)
}

/** Items in the order of their keys as what they tell of each volume; those of unknown kinds are a later version's. */
export async function* groupByVolume(
  items: AsyncIterable<Item>,
  database: string,
  subject: string,
): AsyncGenerator<VolumeRows> {
  let rows: VolumeRows | undefined
  for await (const item of items) {
    const key = parseVolumeSortKey(item.sk?.S ?? '')
    if (!key) continue
    if (rows && rows.volume !== key.volume) {
      yield rows
      rows = undefined
    }
    rows = { volume: key.volume, ...rows, ...readOrTell(item, key.kind, { database, ...key }, subject) }
  }
  if (rows) yield rows
}

/** One volume's unreadable row stops nobody else. */
function readOrTell(
  item: Item,
  kind: VolumeRowKind,
  of: { database: string; volume: string },
  subject: string,
): Partial<VolumeRows> {
  try {
    return { [kind]: fromVolumeItem(item, kind, of, subject) }
  } catch (error) {
    if (!(error instanceof NiceBlobsError)) throw error
    return { unreadable: `${error.subject}: ${error.message}` }
  }
}
