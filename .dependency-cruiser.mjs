// Without it dependency-cruiser would read no TypeScript, find nothing and be content: fail instead.
import '@swc/core'

// The arrows of docs/architecture.md: contracts <- runtime <- database <- queue <- domain <- apps. Each may import only
// what stands to its left; storage and broker-client hang off runtime; nothing imports an app.

/** What each package may import of ours, besides itself. */
const MAY_IMPORT = {
  contracts: [],
  runtime: ['contracts'],
  database: ['contracts', 'runtime'],
  queue: ['contracts', 'runtime', 'database'],
  storage: ['contracts', 'runtime'],
  'broker-client': ['contracts', 'runtime'],
  domain: ['contracts', 'runtime', 'database', 'queue', 'storage'],
  simulation: ['contracts', 'runtime'],
}

const TEST = '\\.test\\.ts$'
/** What only tests use: files beside the code, and folders named for it. */
const TEST_SUPPORT = '(\\.test\\.ts$|/testing/|/test-[^/]+\\.ts$)'

const packageArrows = Object.entries(MAY_IMPORT).map(([name, others]) => ({
  name: `${name}-imports-only-to-its-left`,
  severity: 'error',
  comment: `packages/${name} may import of ours only: ${[name, ...others].join(', ')}.`,
  from: { path: `^packages/${name}/`, pathNot: TEST_SUPPORT },
  to: { path: '^(packages|apps)/', pathNot: `^packages/(${[name, ...others].join('|')})/` },
}))

export default {
  forbidden: [
    ...packageArrows,
    {
      name: 'apps-import-no-app',
      severity: 'error',
      comment: 'What two apps share is a package; across processes they speak HTTP or through PostgreSQL.',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'features-import-no-feature',
      severity: 'error',
      comment:
        'A feature folder never imports another one: what both need moves up into the app, or to domain.',
      from: { path: '^apps/([^/]+)/src/features/([^/]+)/', pathNot: TEST },
      to: { path: '^apps/$1/src/features/', pathNot: '^apps/$1/src/features/$2/' },
    },
    {
      name: 'apps-do-not-simulate',
      severity: 'error',
      comment: 'The simulator is for development and tests.',
      from: { path: '^apps/', pathNot: TEST_SUPPORT },
      to: { path: '^packages/simulation/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      comment:
        'Files that import each other in a circle cannot be understood one at a time; types alone may.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'production-imports-no-tests-or-scripts',
      severity: 'error',
      comment: 'What runs in production stands on nothing that is only for tests or for this repository.',
      from: { path: '^(apps|packages)/', pathNot: TEST_SUPPORT },
      to: { path: `(${TEST_SUPPORT}|^tests/|^scripts/)` },
    },
    {
      name: 'production-imports-no-dev-dependency',
      severity: 'error',
      comment: 'docker/Dockerfile installs without devDependencies.',
      from: { path: '^(apps|packages)/', pathNot: TEST_SUPPORT },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'declared-dependencies-only',
      severity: 'error',
      comment: 'A package lists in its package.json whatever it imports.',
      from: { path: '^(apps|packages)/', pathNot: TEST_SUPPORT },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
    {
      name: 'everything-resolves',
      severity: 'error',
      comment: 'An import that leads nowhere.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // TypeScript 7 has no API for dependency-cruiser yet; swc reads the files instead.
    parser: 'swc',
    combinedDependencies: false,
    // Workspace packages are links in node_modules: follow them to where they are, so that the rules see them.
    preserveSymlinks: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
}
