import tseslint from 'typescript-eslint';

// The floors of docs/architecture.md: a folder may import from those before it, never from those after it.
const floors = [
  'program',
  'engine',
  'data',
  'network',
  'objective',
  'training',
  'sharpness',
  'curvature',
  'landscape',
  'statistics',
  'study',
  'report',
  'cli',
];

const floorRules = floors.map((floor, i) => ({
  files: [`src/${floor}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${floors.slice(i + 1).join('|') || '(?!)'})/`,
            message: `src/${floor} may import only from the floors above it (docs/architecture.md).`,
          },
          { regex: '/index\\.js$', message: 'Import the file itself, not the public index.' },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist', 'runs', 'node_modules', 'reports', '.venv'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  ...floorRules,
);
