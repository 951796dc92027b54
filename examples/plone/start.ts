import { createEndings } from './endings.ts'
import { layGround } from './ground.ts'
import { install } from './install.ts'
import { runSite } from './run-site.ts'
import type { PloneOptions, PloneSite } from './site.ts'

/** Installs what is missing, and starts all of it. Throws `PloneRefused` where this machine lacks something. */
export async function startPlone(options: PloneOptions = {}): Promise<PloneSite> {
  const installed = await install(options)
  const endings = createEndings()
  try {
    const ground = await layGround(options, installed, endings)
    return await runSite(ground, endings)
  } catch (error) {
    await endings.run()
    throw error
  }
}
