import type { FlowDefinition, FlowFault, FlowQuestion } from '@carteiro/contracts/flow'
import { foldText } from './fold-text.ts'
import { type AnswerReader, compilePattern, createReader } from './read-answer.ts'

/** A definition, ready to be run: phrases are folded and patterns compiled once. */
export interface CompiledFlow {
  version: number
  definition: FlowDefinition
  questions: (FlowQuestion & { reader: AnswerReader })[]
  /** Looked for after the hand-off. */
  late: { field: string; isText: boolean; reader: AnswerReader }[]
  /** Folded. */
  pleasantries: Set<string>
  /** Folded phrases that name an option: none of them is a person's name. */
  optionWords: Set<string>
}

/** What of a definition that fits its schema still cannot run: patterns that are none of RE2's. */
export function findPatternFaults({ questions, handoff }: FlowDefinition): FlowFault[] {
  const answers = [
    ...questions.map(({ answer }, index) => ({ answer, path: ['questions', index, 'answer', 'pattern'] })),
    ...(handoff?.fields ?? []).map(({ answer }, index) => ({
      answer,
      path: ['handoff', 'fields', index, 'answer', 'pattern'],
    })),
  ]
  return answers.flatMap(({ answer, path }) => {
    if (answer.type !== 'pattern') return []
    try {
      compilePattern(answer.pattern)
      return []
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const message = `must be an expression of RE2, which has no look-around and no back-references: ${why}`
      return [{ path, message }]
    }
  })
}

/** @throws when a pattern is none of RE2's; `findPatternFaults` tells which */
export function compileFlow(definition: FlowDefinition, version: number): CompiledFlow {
  const { questions, handoff, pleasantries } = definition
  const answers = questions.map(({ answer }) => answer)
  return {
    version,
    definition,
    questions: questions.map((question) => ({
      ...question,
      reader: createReader(question.answer, question.cues),
    })),
    late: (handoff?.fields ?? []).map(({ field, answer, cues }) => ({
      field,
      isText: answer.type === 'text',
      reader: createReader(answer, cues),
    })),
    pleasantries: new Set(pleasantries.map(foldText)),
    optionWords: new Set(
      answers.flatMap((answer) =>
        answer.type === 'choice' ? answer.options.flatMap(({ words }) => words.map(foldText)) : [],
      ),
    ),
  }
}
