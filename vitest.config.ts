import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,integration,e2e}/**/*.test.ts', 'lib/**/*.test.ts'],
    globalSetup: ['test/stores.setup.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    pool: 'forks',
    // All cores: most of the time goes by in the stores and the product, which are processes of their own.
    maxWorkers: '100%',
    coverage: { provider: 'v8', include: ['lib/**', 'functions/**', 'client/**'] },
  },
});
