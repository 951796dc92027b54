import { spawnSync } from 'node:child_process'
import { type Audited, judgeAudit } from './judge-audit.ts'
import { ROOT } from './source.ts'

/** `npm run audit`: what is known against the packages of the lockfile. Exit status 0: nothing; 1: something; 2: nobody could tell. */
const { stdout } = spawnSync('npm', ['audit', '--json', '--package-lock-only'], {
  cwd: ROOT,
  encoding: 'utf8',
  timeout: 120_000,
})
const { status, lines } = judgeAudit(parse(stdout))
for (const line of lines) console.log(line)
process.exitCode = status

function parse(text: string): Audited {
  try {
    return JSON.parse(text)
  } catch {
    return { message: 'it printed nothing that can be read' }
  }
}
