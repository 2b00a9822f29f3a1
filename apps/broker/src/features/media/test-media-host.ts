import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MediaType } from '@carteiro/contracts/media'
import { encryptedStream } from '@whiskeysockets/baileys'

/** A file as a customer's phone leaves it with WhatsApp: sealed by Baileys' own hand. */
export interface SealedFile {
  plain: Buffer
  sealed: Buffer
  /** The members of the message that name it. */
  named: { mediaKey: string; mediaType: MediaType; fileSha256: string; fileEncSha256: string }
}

export async function sealFile(mediaType: MediaType, bytes: number): Promise<SealedFile> {
  const plain = randomBytes(bytes)
  const { encFilePath, mediaKey, fileSha256, fileEncSha256 } = await encryptedStream(plain, mediaType)
  const sealed = await readFile(encFilePath)
  await rm(encFilePath)
  const base64 = (given: Uint8Array) => Buffer.from(given).toString('base64')
  return {
    plain,
    sealed,
    named: {
      mediaKey: base64(mediaKey),
      mediaType,
      fileSha256: base64(fileSha256),
      fileEncSha256: base64(fileEncSha256),
    },
  }
}

export interface TestMediaHost {
  url: string
  /** Paths that were asked for. */
  asked: string[]
  /** What a path is answered with; 404 where nothing is told. */
  at(path: string, answer: (response: ServerResponse) => void): string
  /** Resolves when `done` holds, looked at whenever a request comes. */
  until(done: () => boolean): Promise<void>
  stop(): Promise<void>
}

interface Teardown {
  teardown(run: () => Promise<void>): void
}

/** WhatsApp's media host, as far as a download sees it, on a free port. */
export async function startTestMediaHost(t: Teardown): Promise<TestMediaHost> {
  const answers = new Map<string, (response: ServerResponse) => void>()
  const asked: string[] = []
  let onAsked: () => void = () => undefined
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const answer = answers.get(path)
    if (answer) answer(response)
    else response.writeHead(404).end()
    onAsked()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  t.teardown(stop)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    at(path, answer) {
      answers.set(path, answer)
      return path
    },
    until: (done) =>
      new Promise((resolve) => {
        onAsked = () => done() && resolve()
        onAsked()
      }),
    stop,
  }
}

/** Answers with bytes and their length, as WhatsApp does. */
export const giving = (bytes: Buffer) => (response: ServerResponse) =>
  void response.writeHead(200, { 'content-length': bytes.length }).end(bytes)

/** Answers with bytes whose number is not told. */
export const givingUntold = (bytes: Buffer) => (response: ServerResponse) => {
  // One end() with all of them would tell it.
  response.write(bytes)
  response.end()
}

export const refusing =
  (status: number, headers: Record<string, string> = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end()

/** Gives some of the bytes and no more; the connection stays. */
export const stalling = (bytes: Buffer) => (response: ServerResponse) => void response.write(bytes)

/** Gives some of the bytes and ends the connection. */
export const cutting = (bytes: Buffer) => (response: ServerResponse) =>
  void response.write(bytes, () => response.destroy())
