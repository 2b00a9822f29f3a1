import { createSigner } from './sign.ts'

/** Where a file lies on the media host: a path that carries its own signature and end, as WhatsApp's do. */
export interface DirectPaths {
  make(id: string, folder: string): string
  /** @returns the file's id; `refused` when the signature is wrong or has ended; `undefined` when it is no such path */
  read(path: string): { id: string } | 'refused' | undefined
}

export interface DirectPathOptions {
  ttlSeconds: number
  /** Epoch milliseconds. */
  now: () => number
}

const PATH = /^\/v\/t62\.[\d-]+\/(?<id>[\w-]+)_n\.enc$/

export function createDirectPaths({ ttlSeconds, now }: DirectPathOptions): DirectPaths {
  const signer = createSigner()
  return {
    make(id, folder) {
      const pathname = `/v/${folder}/${id}_n.enc`
      const until = Math.floor(now() / 1000 + ttlSeconds).toString(16)
      return `${pathname}?ccb=11-4&oh=01_${signer.sign(pathname + until)}&oe=${until}&_nc_sid=5e03e0`
    },
    read(path) {
      const location = URL.parse(path, 'https://media.invalid')
      if (!location) return undefined
      const { pathname, searchParams } = location
      const id = PATH.exec(pathname)?.groups?.id
      if (id === undefined) return undefined
      const until = searchParams.get('oe') ?? ''
      const signature = (searchParams.get('oh') ?? '').replace(/^01_/, '')
      const isGood = signer.isSigned(pathname + until, signature) && Number.parseInt(until, 16) * 1000 > now()
      return isGood ? { id } : 'refused'
    },
  }
}
