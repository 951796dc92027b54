import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, command } from './command.ts'
import { type CacheHarm, damageObject, harmCache, loseIndex, markObject, writeBlob } from './harm.ts'
import { type Bytes, type Clock, NAMES, type Name, NOTHING, type Oracle, refOf, sizeOf } from './oracle.ts'
import type { World } from './world.ts'

/** What others do: the application, its database, or somebody who should not. Nothing of ours runs then. */
export interface Deed extends Command {
  check(oracle: Readonly<Oracle>): boolean
  act(oracle: Oracle, world: World): void
}

/** An application's own files are its own business. */
export const commit = (name: Name, bytes: Bytes): Deed =>
  deed(`commit('${name}', '${bytes}')`, {
    check: ({ alive }) => alive[name].size === 0,
    act: (oracle, world) => writeInto(oracle, world, name, bytes),
  })

/** Under every name that has nothing yet. */
export const commitAll = (): Deed =>
  deed('commitAll()', {
    act(oracle, world) {
      for (const [number, name] of NAMES.entries())
        if (oracle.alive[name].size === 0) writeInto(oracle, world, name, `300×${10 + number}`)
    },
  })

/** A restored database gives a tid again. */
export const recommit = (name: Name, bytes: Bytes): Deed =>
  deed(`recommit('${name}', '${bytes}')`, {
    check: ({ alive }) => alive[name].size > 0,
    act: (oracle, world) => writeInto(oracle, world, name, bytes),
  })

function writeInto(oracle: Oracle, world: World, name: Name, bytes: Bytes): void {
  writeBlob(world, name, bytes)
  takeFromVolume(oracle, name)
  oracle.blobs[name].volume = bytes
  oracle.alive[name].add(bytes)
}

/** The database's own pack, or the end of a transaction that failed. */
export const pack = (name: Name): Deed =>
  deed(`pack('${name}')`, {
    check: ({ blobs }) => blobs[name].volume !== undefined,
    act(oracle, world) {
      rmSync(world.volume.pathOf(refOf(name)))
      takeFromVolume(oracle, name)
    },
  })

export const packing = (begins: boolean): Deed =>
  deed(`packing(${begins})`, {
    act(oracle, world) {
      const sign = join(world.volume.directory, '.removed')
      if (begins) writeFileSync(sign, '')
      else rmSync(sign, { force: true })
      oracle.packing = begins
    },
  })

export const damage = (name: Name, how: 'other bytes' | 'cut short'): Deed =>
  deed(`damage('${name}', '${how}')`, {
    check: ({ blobs }) => blobs[name].object !== undefined,
    act(oracle, world) {
      const { object } = oracle.blobs[name]
      const size = sizeOf(object?.bytes ?? NOTHING)
      const bytes: Bytes = `${how === 'cut short' && size > 1 ? size - 1 : Math.max(1, size)}×9`
      damageObject(world, name, bytes)
      if (object) oracle.blobs[name].object = { ...object, bytes }
      oracle.harmed.add(name)
      forget(oracle, name)
    },
  })

export const mark = (name: Name): Deed =>
  deed(`mark('${name}')`, {
    check: ({ blobs }) => blobs[name].object !== undefined,
    act(oracle, world) {
      markObject(world, name)
      oracle.blobs[name].object = undefined
      oracle.harmed.add(name)
      forget(oracle, name)
    },
  })

export const indexLost = (): Deed =>
  deed('indexLost()', {
    act(oracle, world) {
      loseIndex(world)
      for (const name of NAMES) oracle.blobs[name].row = undefined
    },
  })

export const cacheHarmed = (harm: CacheHarm): Deed =>
  deed(`cacheHarmed('${harm}')`, { act: (_oracle, world) => harmCache(world, harm) })

export const clock = (to: Clock): Deed =>
  deed(`clock('${to}')`, {
    act(oracle, world) {
      oracle.clock = to
      world.clock = to
    },
  })

export const reboot = (): Deed => deed('reboot()', { act: (_oracle, world) => world.reboot() })

/** Whoever takes a file from the volume does not care for what stands aside of it either. */
function takeFromVolume({ alive, blobs }: Oracle, name: Name): void {
  const { volume, object } = blobs[name]
  if (volume !== undefined && object?.bytes !== volume) alive[name].delete(volume)
  blobs[name].volume = undefined
}

/** What was destroyed on purpose need not be found any more. */
function forget({ alive, blobs }: Oracle, name: Name): void {
  const { volume, aside, object } = blobs[name]
  const left = new Set([volume, ...aside, object?.bytes])
  alive[name] = new Set([...alive[name]].filter(bytes => left.has(bytes)))
}

function deed(text: string, { check = () => true, act }: Pick<Deed, 'act'> & Partial<Deed>): Deed {
  return { ...command(text, async (oracle, world) => act(oracle, world)), check, act }
}
