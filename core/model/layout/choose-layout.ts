import { NiceBlobsError } from '../errors.ts'
import { bushy } from './bushy.ts'
import { lawn } from './lawn.ts'
import { isPassedOver, LAYOUT_MARKER, type Layout, type LayoutName } from './layout.ts'
import { zeocache } from './zeocache.ts'

const BY_NAME: Readonly<Record<LayoutName, Layout>> = { bushy, lawn, zeocache }
const LAYOUTS = Object.values(BY_NAME)

export function layoutNamed(name: LayoutName): Layout {
  return BY_NAME[name]
}

/** What is seen of a directory from outside: its marker's text, the names in it, and in the first of them. */
export interface DirectoryFacts {
  directory: string
  marker: string | undefined
  names: readonly string[]
  /** Names inside one of the directories, which tell an unmarked bushy tree from a lawn. */
  namesBelow: readonly string[]
}

/**
 * The layout of a blob directory, by ZODB's own rule: the marker names it; without one it is bushy where there is
 * nothing yet and lawn where there is something. Unlike ZODB we look whether the names agree, since a wrong
 * guess would take every blob for foreign.
 */
export function chooseLayout(facts: DirectoryFacts): Layout {
  const names = facts.names.filter(name => !isPassedOver(name))
  const layout = facts.marker === undefined ? unmarkedLayout(names) : markedLayout(facts, facts.marker)
  if (layout === lawn && looksBushy(facts)) throw misnamedBushy(facts)
  const foreign = names.filter(name => !layout.hasDirectory(0, name))
  if (foreign.length > 0 && foreign.length === names.length) throw notABlobDirectory(facts, layout, foreign)
  const others = foreign.filter(name => LAYOUTS.some(other => other.hasDirectory(0, name)))
  if (others.length > 0) throw mixedLayout(facts, layout, others)
  return layout
}

function markedLayout(facts: DirectoryFacts, marker: string): Layout {
  const layout = LAYOUTS.find(({ name }) => name === marker.trim())
  if (layout) return layout
  throw new NiceBlobsError('LAYOUT_UNKNOWN', `unknown layout ${JSON.stringify(marker.trim().slice(0, 40))}`, {
    subject: `${facts.directory}/${LAYOUT_MARKER}`,
    hint: `layouts we know: ${LAYOUTS.map(({ name }) => name).join(', ')}`,
  })
}

function unmarkedLayout(names: readonly string[]): Layout {
  return names.length === 0 ? bushy : lawn
}

function looksBushy({ namesBelow }: DirectoryFacts): boolean {
  return namesBelow.length > 0 && namesBelow.every(name => bushy.hasDirectory(1, name))
}

function misnamedBushy(facts: DirectoryFacts): NiceBlobsError {
  return new NiceBlobsError('LAYOUT_MIXED', 'a bushy tree that would be read as a lawn', {
    subject: facts.directory,
    hint: `ZODB itself would find no blob here; the file ${LAYOUT_MARKER} in it must say bushy`,
  })
}

function notABlobDirectory(
  facts: DirectoryFacts,
  layout: Layout,
  foreign: readonly string[],
): NiceBlobsError {
  return new NiceBlobsError('NOT_A_BLOB_DIRECTORY', `nothing in it belongs to the layout ${layout.name}`, {
    subject: facts.directory,
    hint: `found ${quoteSome(foreign)}; name the directory that is the storage's blob-dir`,
  })
}

function mixedLayout(facts: DirectoryFacts, layout: Layout, foreign: readonly string[]): NiceBlobsError {
  return new NiceBlobsError('LAYOUT_MIXED', `the layout is ${layout.name}, but not all of it`, {
    subject: facts.directory,
    hint: `move away what does not belong: ${quoteSome(foreign)}`,
  })
}

function quoteSome(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(name => JSON.stringify(name.slice(0, 60)))
  return names.length > 3 ? `${shown.join(', ')} and ${names.length - 3} more` : shown.join(', ')
}
