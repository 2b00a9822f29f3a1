import { Problem } from '@carteiro/contracts/problem'
import { StorableText } from '@carteiro/contracts/storable-text'
import {
  MAX_QUERY_LENGTH,
  MAX_QUERY_WORDS,
  readQuery,
  type SearchQuery,
} from '@carteiro/domain/search/read-query'

/** What a person looks for, as it was typed. */
export const SearchText = StorableText.max(MAX_QUERY_LENGTH).describe(
  'all words must be there, "these side by side", and the last one may be the beginning of one',
)

/** @param name of the query's parameter @throws Problem VALIDATION_ERROR when there is nothing to look for, or too much */
export function readSearch(text: string, name: 'q' | 'search'): SearchQuery {
  const result = readQuery(text)
  if (result.status === 'read') return result.query
  const [sentence, message] =
    result.status === 'no_word'
      ? [`${name} needs a word or a number to look for.`, 'holds no word']
      : [`${name} may have ${MAX_QUERY_WORDS} words: leave some of them out.`, 'has too many words']
  throw new Problem('VALIDATION_ERROR', sentence, { details: [{ path: `querystring.${name}`, message }] })
}
