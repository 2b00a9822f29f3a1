import type { SealedMedia } from '@carteiro/contracts/broker-api'

/** Any of WhatsApp's media hosts has every file; the paths that messages carry are valid there. */
const MEDIA_HOST = 'https://mmg.whatsapp.net'

/**
 * Where a sealed file is fetched. A path is only ever asked of WhatsApp's media host; a URL only when it names a host
 * of WhatsApp's, since callers and customers choose it.
 *
 * @param simulatorUrl a media host on this machine, which then is asked for everything
 * @returns `undefined` for a place that is not WhatsApp's
 */
export function mediaLocation(
  { directPath, url }: Pick<SealedMedia, 'directPath' | 'url'>,
  simulatorUrl: string | undefined,
): URL | undefined {
  const base = new URL(simulatorUrl ?? MEDIA_HOST)
  if (directPath !== undefined) {
    const location = new URL(directPath, base)
    if (location.origin === base.origin) return location
  } else if (url !== undefined) {
    const given = new URL(url)
    if (given.origin === base.origin) return given
    if (isWhatsApp(given)) {
      return simulatorUrl === undefined ? given : new URL(given.pathname + given.search, base)
    }
  }
  return undefined
}

const isWhatsApp = ({ protocol, hostname, port, username, password }: URL): boolean =>
  protocol === 'https:' &&
  port === '' &&
  username === '' &&
  password === '' &&
  hostname.endsWith('.whatsapp.net')
