import type { MediaType } from '@carteiro/contracts/media'

const IMAGE = 't62.7118-24'
const VIDEO = 't62.7161-24'
const AUDIO = 't62.7117-24'
const DOCUMENT = 't62.7119-24'
const APP_STATE = 't62.34651-24'

/** The folder of a message's file. */
const FOLDERS: Record<MediaType, string> = {
  image: IMAGE,
  video: VIDEO,
  ptv: VIDEO,
  audio: AUDIO,
  document: DOCUMENT,
  sticker: 't62.15575-24',
}

/** What clients upload files as, and the folders they come to; Baileys brings stickers as images. */
const UPLOADS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(FOLDERS),
  ['ptt', AUDIO],
  ['thumbnail-link', IMAGE],
  ['md-app-state', APP_STATE],
  ['md-msg-hist', APP_STATE],
])

export const folderOf = (type: MediaType): string => FOLDERS[type]

/** @returns `undefined` for what nothing is uploaded as */
export const folderOfUpload = (kind: string): string | undefined => UPLOADS.get(kind)
