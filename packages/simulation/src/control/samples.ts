import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { MediaFile } from '../phone/phone-content.ts'

const FOLDER = path.join(import.meta.dirname, 'samples')

/** A small file for each kind of message that carries one. */
const SAMPLES = {
  image: { name: 'picture.jpg', mimetype: 'image/jpeg' },
  video: { name: 'video.mp4', mimetype: 'video/mp4' },
  audio: { name: 'sound.mp3', mimetype: 'audio/mpeg' },
  voice: { name: 'voice.ogg', mimetype: 'audio/ogg; codecs=opus' },
  document: { name: 'paper.pdf', mimetype: 'application/pdf' },
  sticker: { name: 'sticker.webp', mimetype: 'image/webp' },
}

/** What a person sends who has no file of their own. */
export function sampleFile(type: keyof typeof SAMPLES): MediaFile & { name: string } {
  const { name, mimetype } = SAMPLES[type]
  return { bytes: readFileSync(path.join(FOLDER, name)), mimetype, name }
}
