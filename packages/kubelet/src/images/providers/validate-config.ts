// PURE: what the real kubelet refuses about configured credential providers, in its words.
import { formatGoDuration, parseGoDuration } from '@berth/common/go-duration.ts';
import {
  duplicate,
  type FieldError,
  forbidden,
  formatFieldError,
  invalid,
  notSupported,
  required,
} from '../../api/field-error.ts';
import { qualifiedName } from '../../api/names.ts';
import { credentialApiVersions } from './exchange.ts';
import type { ProviderConfig, TokenAttributes } from './provider-config.ts';

/** The version with service accounts. */
const [tokenApiVersion = ''] = credentialApiVersions;
const cacheTypes = ['ServiceAccount', 'Token'];

/** Why these providers cannot be used; undefined when they can. */
export function providersProblem(providers: readonly ProviderConfig[]): string | undefined {
  const errors = providers.flatMap(validate);
  if (providers.length === 0) errors.push(required('providers', 'at least 1 item in plugins is required'));
  const texts = [...new Set(errors.map(formatFieldError))];
  if (texts.length === 0) return undefined;
  return texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
}

function validate(provider: ProviderConfig): FieldError[] {
  const { name, apiVersion, matchImages, defaultCacheDuration, tokenAttributes } = provider;
  const errors: FieldError[] = [];
  const add = (error: FieldError): number => errors.push(error);
  const at = (field: string): string => `providers.${field}`;
  if (name.includes('/')) add(invalid(at('name'), name, "provider name cannot contain '/'"));
  if (name.includes(' ')) add(invalid(at('name'), name, 'provider name cannot contain spaces'));
  if (name === '.' || name === '..') add(invalid(at('name'), name, `provider name cannot be '${name}'`));
  if (apiVersion === '') add(required(at('apiVersion')));
  else if (!credentialApiVersions.includes(apiVersion))
    add(notSupported(at('apiVersion'), apiVersion, credentialApiVersions));
  if (matchImages.length === 0)
    add(required(at('matchImages'), 'at least 1 item in matchImages is required'));
  for (const image of matchImages) {
    const problem = urlProblem(image);
    if (problem === undefined) continue;
    const parsing = `parse ${JSON.stringify(`https://${image}`)}: ${problem}`;
    add(invalid(at('matchImages'), image, `match image is invalid: ${parsing}`));
  }
  if (defaultCacheDuration === undefined) add(required(at('defaultCacheDuration')));
  else {
    const ms = parseGoDuration(defaultCacheDuration) ?? 0;
    if (ms < 0) {
      const said = `must be greater than or equal to 0`;
      add(invalid(at('defaultCacheDuration'), `${formatGoDuration(ms)}`, said));
    }
  }
  if (tokenAttributes) errors.push(...validateTokens(tokenAttributes, apiVersion));
  return errors;
}

function validateTokens(attributes: TokenAttributes, apiVersion: string): FieldError[] {
  const path = 'providers.tokenAttributes';
  const {
    serviceAccountTokenAudience,
    cacheType,
    requireServiceAccount,
    requiredServiceAccountAnnotationKeys: requiredKeys,
    optionalServiceAccountAnnotationKeys: optionalKeys,
  } = attributes;
  const errors: FieldError[] = [];
  const add = (error: FieldError): number => errors.push(error);
  if (serviceAccountTokenAudience === '') add(required(`${path}.serviceAccountTokenAudience`));
  if (requireServiceAccount === undefined) add(required(`${path}.requireServiceAccount`));
  if (apiVersion !== tokenApiVersion) {
    add(forbidden(path, `tokenAttributes is only supported for ${tokenApiVersion} API version`));
  }
  if (requireServiceAccount === false && requiredKeys.length > 0) {
    const said = 'requireServiceAccount cannot be false when requiredServiceAccountAnnotationKeys is set';
    add(forbidden(`${path}.requiredServiceAccountAnnotationKeys`, said));
  }
  errors.push(...validateKeys(`${path}.requiredServiceAccountAnnotationKeys`, requiredKeys));
  errors.push(...validateKeys(`${path}.optionalServiceAccountAnnotationKeys`, optionalKeys));
  const both = [...new Set(requiredKeys)].filter((key) => optionalKeys.includes(key)).sort();
  if (both.length > 0) add(invalid(path, both, 'annotation keys cannot be both required and optional'));
  if (cacheType === '') {
    const said = 'cacheType is required to be set when tokenAttributes is specified';
    add(required(`${path}.cacheType`, `${said}. Supported values are: ${cacheTypes.join(', ')}`));
  } else if (!cacheTypes.includes(cacheType)) {
    add(notSupported(`${path}.cacheType`, cacheType, cacheTypes));
  }
  return errors;
}

function validateKeys(path: string, keys: readonly string[]): FieldError[] {
  return keys.flatMap((key, index) => {
    const problem = qualifiedName(key.toLowerCase());
    const isRepeated = keys.indexOf(key) !== index;
    return [...(problem ? [invalid(path, key, problem)] : []), ...(isRepeated ? [duplicate(path, key)] : [])];
  });
}

/** Why Go's net/url does not parse the text behind `https://`; undefined when it does. */
function urlProblem(text: string): string | undefined {
  if (/\p{Cc}/u.test(text)) return 'net/url: invalid control character in URL';
  const [host = ''] = text.split(/[/?#]/);
  const [, wrong] = /%(?![0-9a-fA-F]{2})(.{0,2})/.exec(text) ?? [];
  if (wrong !== undefined) return `invalid URL escape ${JSON.stringify(`%${wrong}`)}`;
  const [character] = /[\s"<>\\^`{|}]/.exec(host) ?? [];
  if (character !== undefined) return `invalid character ${JSON.stringify(character)} in host name`;
  const [port] = /:(?!\d*$)[^\]]*$/.exec(host) ?? [];
  return port === undefined ? undefined : `invalid port ${JSON.stringify(port)} after host`;
}
