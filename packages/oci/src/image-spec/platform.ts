// Normalizes and rates platforms: decides which image of an index runs on this machine.
import type { JsonCursor } from '@berth/common/json/cursor.ts';

/** The platform of an image, with Go's names: os `linux`, architecture `amd64`, variant `v8`. */
export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** Parses the `platform` member of a descriptor. */
export function parsePlatform(json: JsonCursor): Platform {
  const platform: Platform = {
    os: json.field('os').optional((it) => it.string()) ?? '',
    architecture: json.field('architecture').optional((it) => it.string()) ?? '',
  };
  const variant = json.field('variant').optional((it) => it.string());
  return variant ? { ...platform, variant } : platform;
}

const goArchitectures: Record<string, string> = { x64: 'amd64', ia32: '386', mipsel: 'mipsle' };

/** The platform of this machine. 32-bit Arm counts as v7, which Debian's armhf requires. */
export function hostPlatform(): Platform {
  const architecture = goArchitectures[process.arch] ?? process.arch;
  return architecture === 'arm'
    ? { os: 'linux', architecture, variant: 'v7' }
    : { os: 'linux', architecture };
}

/** `linux/arm64/v8`; without a variant `linux/amd64`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter(Boolean).join('/');
}

/**
 * Normalizes the spellings of one platform (`aarch64`, `arm64/v8`, `arm` without a variant). The default operating
 * system is this machine's.
 */
export function normalizePlatform(platform: Platform): Platform {
  const os = platform.os.toLowerCase() || 'linux';
  const architecture = platform.architecture.toLowerCase();
  const [name, implied] = aliases[architecture] ?? [architecture, undefined];
  const given = (platform.variant?.toLowerCase() || implied)
    ?.replace(/^(?=\d)/, 'v')
    .replace(/^(v[89])\.0$/, '$1');
  const effective = name === 'arm' ? (given ?? 'v7') : given === defaultVariants[name] ? undefined : given;
  return effective ? { os, architecture: name, variant: effective } : { os, architecture: name };
}

const aliases: Record<string, [architecture: string, variant?: string]> = {
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  i386: ['386'],
  i686: ['386'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
};

const defaultVariants: Record<string, string> = { amd64: 'v1', arm64: 'v8' };

/**
 * Rates an image for `offered` on `wanted`: 0 if it does not run, and the higher the better. A machine runs older
 * variants of its architecture; arm64 also runs 32-bit Arm images, but any arm64 image is better.
 */
export function platformScore(wanted: Platform, offered: Platform): number {
  const want = normalizePlatform(wanted);
  const offer = normalizePlatform(offered);
  if (want.os !== offer.os) return 0;
  const wantLevel = variantLevel(want);
  const offerLevel = variantLevel(offer);
  if (want.architecture === offer.architecture) return offerLevel <= wantLevel ? 100 + offerLevel : 0;
  if (want.architecture === 'arm64' && offer.architecture === 'arm' && offerLevel <= 8) return offerLevel;
  return 0;
}

function variantLevel({ architecture, variant = defaultVariants[architecture] }: Platform): number {
  return Number(/^v(\d+)/.exec(variant ?? '')?.[1] ?? 0);
}
