import { requireDelivery } from '../settings.ts'
import type { UrlsOrigin } from './load-urls.ts'
import type { Urls } from './urls.ts'

/** The signed URLs of one database. A configuration without its delivery is CONFIG_INVALID when the first one is asked for. */
export function openUrls(origin: UrlsOrigin): Urls {
  let loaded: Urls | undefined
  let loading: Promise<Urls> | undefined

  async function load(): Promise<Urls> {
    const delivery = requireDelivery(origin.config, origin.database)
    const { createSignedUrls } = await import('./load-urls.ts')
    loaded = createSignedUrls(origin, delivery)
    return loaded
  }

  return {
    async url(ref, request) {
      if (loaded) return loaded.url(ref, request)
      loading ??= load()
      return (await loading).url(ref, request)
    },
  }
}
