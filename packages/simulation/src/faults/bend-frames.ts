import type { Device } from '../server/device.ts'
import type { Connection } from '../wire/connection-paths.ts'
import type { Armory } from './armory.ts'

/** Breaks frames on their way to a client: late, cut in two, or with a MAC that is wrong. */
export function bendFrames(connection: Connection, device: Device, armory: Armory): void {
  const waiting: { dueAt: number; write: () => void }[] = []

  /** A frame never overtakes one that was sent before it. */
  function postpone(ms: number, write: () => void): void {
    waiting.push({ dueAt: Date.now() + ms, write })
    if (waiting.length === 1) wake()
  }

  function wake(): void {
    const [next] = waiting
    if (next) setTimeout(writeDue, next.dueAt - Date.now()).unref()
  }

  function writeDue(): void {
    while (waiting[0] && waiting[0].dueAt <= Date.now()) waiting.shift()?.write()
    wake()
  }

  connection.paths.outgoing = (frame, write) => {
    if (armory.spend('truncated-frame', device)) {
      write(frame.subarray(0, Math.floor(frame.length / 2)))
      connection.close('cut in the middle of a frame on purpose')
      return
    }
    const bytes = armory.spend('bad-mac', device) ? withBadMac(frame) : frame
    const [delay] = armory.lasting('delay', device)
    if (delay || waiting.length > 0) postpone(delay?.ms ?? 0, () => write(bytes))
    else write(bytes)
  }
}

/** The MAC is the end of a frame. */
function withBadMac(frame: Buffer): Buffer {
  const changed = Buffer.from(frame)
  const last = changed.length - 1
  changed.writeUInt8(changed.readUInt8(last) ^ 1, last)
  return changed
}
