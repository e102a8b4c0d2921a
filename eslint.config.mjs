import tseslint from 'typescript-eslint';

const terminalOnly = ['stdin', 'stdout', 'stderr', 'exit'].map((property) => ({
  object: 'process',
  property,
  message: 'Only main, base-command, commands and lib/terminal touch the process streams.',
}));

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.cache/', '**/*.mjs', 'bin/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // The types of @kubernetes/client-node are classes; on the wire they are plain data.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '\\.js$', message: 'Import the .ts file: nothing is compiled before it runs.' }] },
      ],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/main.ts', 'src/base-command.ts', 'src/commands/**', 'src/lib/terminal/**'],
    rules: { 'no-restricted-properties': ['error', ...terminalOnly] },
  },
  {
    files: ['test/**', 'bench/**', 'scripts/**'],
    rules: {
      // node:test returns promises that the runner awaits itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              name: ['test', 'suite', 'describe', 'it', 'before', 'after', 'beforeEach', 'afterEach'],
              package: 'node:test',
            },
          ],
        },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
