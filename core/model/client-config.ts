import type { Config } from './config.ts'
import { writeDuration } from './quantity.ts'

/** What the hosts need of a deployed configuration; each host adds its own cache and volumes. */
export function clientConfig({ bucket, index, databases }: Config): object {
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
        },
      ]),
    ),
  }
}
