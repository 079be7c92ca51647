// Why a pull failed, as a status shows it.
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { rpcErrorText } from '../kubecontainer/rpc-error-text.ts';
import type { StartFailure } from '../kubecontainer/start-error.ts';

/** Reasons with which a runtime begins its message, and how the status continues. */
const runtimeReasons = [
  ['RegistryUnavailable', 'the registry is unavailable'],
  ['SignatureValidationFailed', 'the signature validation failed'],
] as const;

/** Pure: the errors of the attempts, one for each of the credentials, as one text. */
export function pullErrorText(errors: readonly unknown[]): string {
  const texts = [...new Set(errors.map(attemptText))];
  return texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`;
}

/** Pure: the failure of a pull of `image` from the errors of its attempts, one for each of the credentials. */
export function pullFailure(image: string, errors: readonly unknown[]): StartFailure {
  const text = pullErrorText(errors);
  for (const [reason, because] of runtimeReasons) {
    if (!text.startsWith(reason)) continue;
    const message = `image pull failed for ${image} because ${because}${text.slice(reason.length)}`;
    return { reason, message };
  }
  return { reason: 'ErrImagePull', message: text };
}

/** UNKNOWN tells nothing: the message stands alone. */
function attemptText(error: unknown): string {
  return error instanceof CriError && error.code === 'UNKNOWN' ? error.message : rpcErrorText(error);
}
