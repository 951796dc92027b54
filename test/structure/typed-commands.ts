import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a document tells people to type, so that it is that which tests run. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Fences that hold commands, and what in them is one. */
const COMMANDS: Record<string, RegExp> = {
  console: /^(?:\$ )?(.+)$/,
  sh: /^(.+)$/,
  bash: /^(.+)$/,
  // The time and the user come first.
  cron: /^(?:\S+\s+){5}\S+\s+(.+)$/,
  // A unit of systemd.
  ini: /^Exec\w+=(.+)$/,
}

/** Other fences hold none, lest one is passed over by its language. */
export const LOOKS_TYPED =
  /^\s*(?:\$ |(?:sudo |exec )?(?:npx|npm|aws|nice-blobs|pip|curl|psql|rclone|rsync|bin\/\w+) )/

const FENCE = /^ *```(\S*)\n([\s\S]*?)^ *```/gm
/** Before a fence: that no test runs it, or of it what begins with these words, and why not. */
const MARK = /<!-- not run(?:, `([^`]+)`)?: (.+?) -->\n\s*$/

export interface TypedCommand {
  document: string
  /** The section it stands in. */
  section: string
  /** Without remarks, on one line. */
  words: string
  /** Why no test runs it. */
  notRun?: string
}

export interface Fence {
  language: string
  text: string
  commands: TypedCommand[]
  /** A mark that is about nothing here. */
  idleMark?: string
}

export function fencesOf(document: string): Fence[] {
  const text = readFileSync(join(ROOT, document), 'utf8')
  return [...text.matchAll(FENCE)].map(({ 1: language = '', 2: block = '', index }) => {
    const before = text.slice(0, index)
    const section = [...before.matchAll(/^##+ (.+)$/gm)].at(-1)?.[1] ?? ''
    const [, marked, notRun] = MARK.exec(before) ?? []
    const isMarked = (words: string) => notRun !== undefined && words.startsWith(marked ?? '')
    const commands = wordsIn(language, block).map(words => ({
      ...{ document, section, words },
      ...(isMarked(words) && { notRun }),
    }))
    const idle = notRun !== undefined && !commands.some(command => command.notRun)
    return { language, text: block, commands, ...(idle && { idleMark: notRun }) }
  })
}

export function typedCommands(document: string): TypedCommand[] {
  return fencesOf(document).flatMap(({ commands }) => commands)
}

function wordsIn(language: string, block: string): string[] {
  const form = COMMANDS[language]
  if (!form) return []
  return block
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map(line => line.replace(/(^|\s)#.*$/, '').trim())
    .flatMap(line => form.exec(line)?.[1]?.split(' && ') ?? [])
    .map(words => words.trim())
}
