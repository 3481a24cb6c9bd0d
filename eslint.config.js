// Lint: TypeScript with type information, the import rules between the rooms, and the ban on clocks and chance in pure rooms.
import tseslint from 'typescript-eslint';
import { roomsPlugin } from './scripts/eslint-rooms.js';

const impureGlobals = ['setTimeout', 'setInterval', 'setImmediate', 'fetch', 'process', 'performance', 'crypto'].map(
  (name) => ({ name, message: 'A pure room takes time, chance and the world as arguments.' }),
);
const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'No default exports: a name is looked up by its name.',
};
const pureRooms = [
  'src/policies/**',
  'src/model/**',
  'src/alerts/{alert,backoff,budget,dedup,escalation,fingerprint,flapping,group,hold,ingest,inhibit,on-call,plan-notification,render,render-mail,route,silence,webhook-payload}.ts',
  'src/alerts/channels/sms/segments.ts',
  'src/alerts/ledger/{codes,compaction,doubts,finished,fold,receipts,remember,replaced,sms-counts,state,told-beside,told-entry}.ts',
  'src/promql/**',
  'src/formula/**',
  'src/targets/**',
  'src/convert/**',
  'src/matching/**',
  'src/templates/**',
];

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'dist-bench/**',
      'dist-vectors/**',
      'node_modules/**',
      'test/real/kubernetes/**',
      'test/real/openstack/**',
      '.cache/**',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', 'scripts/*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { springtide: roomsPlugin },
    rules: {
      'springtide/rooms': 'error',
      'no-restricted-syntax': ['error', noDefaultExport],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': 'off', // the world's JSON has holes that its types do not show
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: pureRooms,
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-syntax': [
        'error',
        noDefaultExport,
        {
          selector: "MemberExpression[object.name='Date'][property.name='now']",
          message: 'A pure room is told the time.',
        },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'A pure room is told the time.' },
        {
          selector: "MemberExpression[object.name='Math'][property.name='random']",
          message: 'A pure room knows no chance.',
        },
      ],
    },
  },
  {
    files: ['test/**'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        noDefaultExport,
        {
          selector: 'Program > ExpressionStatement > CallExpression[callee.name=/^(before|after)(Each|All)$/]',
          message:
            'Files of one worker share this module, and its hooks run for the first of them only: onTestFinished.',
        },
      ],
    },
  },
  {
    files: ['eslint.config.js', '*.config.ts', 'scripts/**', '.ci/**'],
    rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' },
  },
  { files: ['src/cli/**', 'bench/**', 'test/real/**'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js', '**/*.mjs'], extends: [tseslint.configs.disableTypeChecked] },
);
