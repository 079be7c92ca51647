import type { ContainerConfig, ContainerMetadata, ImageSpec } from '@berth/cri/generated/api.ts';
import { invalid } from '../rpc/errors.ts';
import { refuseControlCharacters } from '../validation/control-characters.ts';
import { checkNameLength, refuseTooMuch } from '../validation/request-bounds.ts';
import { refuseUnusableStrings } from '../validation/unusable-strings.ts';

/** A container's configuration with everything that CreateContainer requires. */
export type ValidContainerConfig = ContainerConfig & {
  readonly metadata: ContainerMetadata;
  readonly image: ImageSpec;
};

/** Refuses a configuration that lacks a required field, or whose texts and lists are out of bounds. */
export function validateContainerConfig(config: ContainerConfig | undefined): ValidContainerConfig {
  if (config === undefined) throw invalid('config', 'is required');
  refuseTooMuch(config, 'config');
  refuseUnusableStrings(config, 'config');
  const { metadata, image } = config;
  if (metadata === undefined) throw invalid('config.metadata', 'is required');
  checkNameLength(metadata.name, 'config.metadata.name');
  refuseControlCharacters(metadata.name, 'config.metadata.name');
  if (image === undefined || image.image === '') throw invalid('config.image', 'is required');
  return { ...config, metadata, image };
}
