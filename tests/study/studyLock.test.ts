import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { lockStudy } from '../../src/study/studyLock.js';
import { temporaryFolder } from '../temporaryFolder.js';

it('makes the folder of the study, and gives the lock back', async () => {
  const folder = path.join(temporaryFolder(), 'runs/small');
  const unlock = await lockStudy(folder);
  expect(existsSync(path.join(folder, 'lock'))).toBe(true);
  await unlock();
  expect(existsSync(path.join(folder, 'lock'))).toBe(false);
});

it.runIf(process.platform === 'linux')('refuses a folder that cannot be made', async () => {
  await expect(lockStudy('/proc/x/runs/small')).rejects.toThrow(
    '/proc/x/runs/small: cannot be written',
  );
});
