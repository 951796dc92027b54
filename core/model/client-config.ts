import type { Config } from './config.ts'
import { writeDuration } from './quantity.ts'
import { signingKeysName } from './signing-keys.ts'
import { deliveredIn } from './stack-config.ts'

/** What the hosts need of a deployed configuration; each host adds its own cache and volumes. `edges`: URLs by database. */
export function clientConfig(config: Config, edges: Readonly<Record<string, string>> = {}): object {
  const { bucket, index, databases } = config
  return {
    bucket: { name: bucket.name, region: bucket.region },
    ...(index && { index: { table: index.table } }),
    databases: Object.fromEntries(
      Object.entries(databases).map(([name, { generation, archive, release }]) => [
        name,
        {
          generation,
          archive: {
            minAge: writeDuration(archive.minAge),
            minSize: archive.minSize,
            quiet: writeDuration(archive.quiet),
            allowEmpty: archive.allowEmpty,
          },
          release: { delay: writeDuration(release.delay), replicated: release.replicated },
          ...deliveryOf(config, name, edges[name]),
        },
      ]),
    ),
  }
}

/** Also before there is a distribution: whoever makes the first key has to know where it goes. */
function deliveryOf({ databases, stack }: Config, name: string, edge: string | undefined): object {
  if (!stack || !deliveredIn(stack).includes(name)) return {}
  const lifetime = databases[name]?.delivery?.lifetime
  return {
    delivery: {
      ...(edge !== undefined && { edge }),
      signingKeys: signingKeysName(stack.name, name),
      ...(lifetime !== undefined && { lifetime: writeDuration(lifetime) }),
    },
  }
}
