import { FlowDefinition } from '@carteiro/contracts/flow'

/** A flow to begin with: a tenant reads it, puts its own brand and services in, turns it on and writes it back. */
export const DEFAULT_FLOW: FlowDefinition = FlowDefinition.parse({
  enabled: false,
  brand: { assistant: 'ABCai', business: 'Al Ain Business Center' },
  greeting: 'Hi \u{1F44B} I\u0027m {{assistant}} from {{business}}.',
  questions: [
    {
      key: 'ASK_SERVICE',
      field: 'service',
      text: 'How can I help you today?',
      answer: {
        type: 'choice',
        options: [
          {
            value: 'Family Visa',
            words: ['family visa', 'visa for my family', 'spouse visa', 'dependent visa'],
          },
          { value: 'Golden Visa', words: ['golden visa'] },
          { value: 'Visit Visa', words: ['visit visa', 'tourist visa', 'visitor visa'] },
          { value: 'Employment Visa', words: ['employment visa', 'work visa'] },
          { value: 'Freelance Visa', words: ['freelance visa', 'freelance permit', 'freelancer visa'] },
          { value: 'Work Permit', words: ['work permit', 'labour card', 'labor card'] },
          {
            value: 'Business Setup',
            words: [
              'business setup',
              'company setup',
              'company formation',
              'open a company',
              'start a business',
            ],
          },
          { value: 'Trade License', words: ['trade license', 'trade licence', 'business license'] },
          { value: 'PRO Services', words: ['pro services', 'pro service', 'typing', 'attestation'] },
          { value: 'Visa', words: ['visa', 'visas', 'visto'] },
        ],
      },
      tries: 1,
      otherwise: 'accept',
    },
    {
      key: 'ASK_NAME',
      field: 'name',
      text: 'May I know your full name, please?',
      answer: { type: 'name' },
      cues: ['my name is', 'my full name is', 'name is', 'i am called', 'call me', 'meu nome e', 'me chamo'],
      tries: 2,
      otherwise: 'pass',
    },
    {
      key: 'ASK_NATIONALITY',
      field: 'nationality',
      text: 'What is your nationality?',
      answer: { type: 'text', maxLength: 60 },
      cues: [
        'my nationality is',
        'nationality is',
        'nationality',
        'i am from',
        'i m from',
        'im from',
        'i come from',
      ],
      tries: 2,
      otherwise: 'pass',
    },
  ],
  handoff: {
    text: 'Thank you! Please share your email address and the best time to call you, and our team will contact you with a quotation.',
    fields: [
      { field: 'email', answer: { type: 'email' } },
      { field: 'best_time', answer: { type: 'text' } },
    ],
  },
  pleasantries: [
    ...['hi', 'hey', 'hello', 'hello there', 'good morning', 'good afternoon', 'good evening', 'good day'],
    ...['salam', 'assalamu alaikum', 'salam alaikum', 'thanks', 'thank you', 'ok', 'okay', 'please'],
    ...[
      'oi',
      'ola',
      'bom dia',
      'boa tarde',
      'boa noite',
      'obrigado',
      'obrigada',
      'hola',
      'buenos dias',
      'gracias',
    ],
  ],
})
