import { testExec } from '../testing/exec-suite.ts';
import { childProcessExec } from './child-process-exec.ts';

testExec(childProcessExec);
