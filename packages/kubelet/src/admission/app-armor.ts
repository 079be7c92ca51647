// Rejects pods that need AppArmor where the kernel has none.
import { appArmorProfile, needsAppArmor } from '../api/app-armor.ts';
import { eachContainer } from '../api/each-container.ts';
import type { Check, Verdict } from './check.ts';

/** Profiles themselves are the runtime's to check. */
export const checkAppArmor: Check = (pod, { hasAppArmor }) => {
  if (!needsAppArmor(pod)) return 'admitted';
  if (!hasAppArmor) return rejected('AppArmor is not enabled on the host');
  const empty = eachContainer(pod.spec)
    .map(({ container }) => appArmorProfile(pod, container))
    .find((profile) => profile?.type === 'Localhost' && !profile.localhostProfile?.trim());
  return empty ? rejected('invalid empty AppArmor profile name: "localhost/"') : 'admitted';
};

function rejected(problem: string): Verdict {
  const message = `Cannot enforce AppArmor: ${problem}`;
  return { reason: 'AppArmor', message, detail: message };
}
