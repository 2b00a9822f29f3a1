import type { ConsentStatus } from '@carteiro/contracts/consent'
import { foldText } from '../flow/fold-text.ts'

/** What a word says of consent, and how it is confirmed. */
export interface OptWord {
  word: string
  status: ConsentStatus
  confirmation: string
}

const DENIED = {
  en: 'You will not get any more messages from us. Write START if you want them again.',
  pt: 'Voc\u00ea n\u00e3o receber\u00e1 mais mensagens nossas. Escreva VOLTAR se quiser receb\u00ea-las de novo.',
  es: 'No recibir\u00e1 m\u00e1s mensajes nuestros. Escriba START si quiere recibirlos de nuevo.',
}
const GRANTED = {
  en: 'You will get messages from us again. Write STOP to end them.',
  pt: 'Voc\u00ea voltar\u00e1 a receber nossas mensagens. Escreva SAIR para n\u00e3o receb\u00ea-las mais.',
}

const WORDS = new Map<string, Omit<OptWord, 'word'>>([
  ['stop', { status: 'denied', confirmation: DENIED.en }],
  ['unsubscribe', { status: 'denied', confirmation: DENIED.en }],
  ['sair', { status: 'denied', confirmation: DENIED.pt }],
  ['parar', { status: 'denied', confirmation: DENIED.pt }],
  ['cancelar', { status: 'denied', confirmation: DENIED.pt }],
  ['baja', { status: 'denied', confirmation: DENIED.es }],
  ['start', { status: 'granted', confirmation: GRANTED.en }],
  ['voltar', { status: 'granted', confirmation: GRANTED.pt }],
])

/** Longer texts are none: they need not be folded. */
const MAX_LENGTH = 40

/** What a whole message says of consent; a word among others says nothing of it. Pure. */
export function readOptWord(text: string | null): OptWord | undefined {
  const word = (text ?? '').length > MAX_LENGTH ? '' : foldText(text ?? '')
  const meaning = WORDS.get(word)
  return meaning && { word: word.toUpperCase(), ...meaning }
}
