import { ACCOUNT, conformTexts } from './test-conform-texts.ts'
import { conformWhole } from './test-conform-whole.ts'
import { startCrablineServer } from './test-crabline-server.ts'
import { startOurServer } from './test-our-server.ts'

conformTexts('our server', startOurServer)
conformTexts('crabline', (t) => startCrablineServer(t, ACCOUNT))
conformWhole('our server', startOurServer)
