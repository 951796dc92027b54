import type { Bounds } from './rules.ts'
import { CONFIRMED, LEFT_BEHIND, MISTAKEN, PACKED, RELEASED, START } from './starts.ts'
import type { State } from './state.ts'

export interface Scene {
  readonly start: State
  readonly bounds: Bounds
}

const least: Bounds = {
  reports: 2,
  last: 3,
  versions: 2,
  restores: 0,
  generations: 1,
  atOnce: 1,
  wrong: 0,
  largestShare: 0.5,
}
/** Parts of the whole, each small enough to be seen from one end to the other. */
export const SCENES = {
  'from commit to undelete': { start: START, bounds: { ...least, without: ['grace', 'resender', 'clerk'] } },
  'a report that comes piece by piece': {
    start: START,
    bounds: { ...least, pieces: true, reports: 1, atOnce: 2, without: ['grace', 'resender', 'undeleter'] },
  },
  'two reports and whoever comes in between': {
    start: RELEASED,
    bounds: { ...least, atOnce: 2, without: ['grace', 'undeleter', 'backups', 'archiver'] },
  },
  'a wrong report': {
    start: MISTAKEN,
    bounds: {
      ...least,
      ...{ reports: 3, wrong: 1, without: ['grace', 'undeleter', 'backups', 'archiver', 'clerk'] },
    },
  },
  'a copy that reports as if it were the database': {
    start: RELEASED,
    bounds: {
      ...least,
      ...{ wrong: 2, copy: true, without: ['grace', 'undeleter', 'backups', 'archiver', 'clerk'] },
    },
  },
  'reports that people decide on': {
    start: RELEASED,
    bounds: { ...least, largestShare: 0.1, without: ['undeleter', 'backups', 'archiver', 'resender'] },
  },
  'a restore that nobody tells of': {
    start: PACKED,
    bounds: {
      ...least,
      reports: 3,
      restores: 1,
      without: ['grace', 'undeleter', 'archiver', 'resender', 'clerk'],
    },
  },
  'a restore that is told': {
    start: CONFIRMED,
    bounds: {
      ...least,
      reports: 3,
      restores: 1,
      generations: 2,
      without: ['grace', 'archiver', 'resender', 'clerk'],
    },
  },
  'archiver against sweeper': {
    start: LEFT_BEHIND,
    bounds: { ...least, versions: 4, restores: 1, atOnce: 3, without: ['grace', 'resender', 'clerk'] },
  },
} as const satisfies Record<string, Scene>

/** More of it, for whoever has minutes and a few gigabytes. */
export const LONGER: Readonly<Partial<Record<SceneName, Partial<Bounds>>>> = {
  'from commit to undelete': { atOnce: 2 },
  'a restore that nobody tells of': { atOnce: 2 },
  'a restore that is told': { atOnce: 2, last: 4 },
  'archiver against sweeper': { reports: 3, atOnce: 2 },
}
export type SceneName = keyof typeof SCENES
