import { PloneRefused } from './site.ts'
import { startPlone } from './start.ts'

try {
  const site = await startPlone({ say: console.log })
  console.log(site.urls, site.admin, site.figures, site.memory(), site.paths)
  await new Promise(r => process.once('SIGINT', r).once('SIGTERM', r))
  await site.end()
} catch (e) {
  if (!(e instanceof PloneRefused)) throw e
  console.error(e.message)
  process.exitCode = 1
}
