/**
 * What the kubelet says of a container that does not start (k8s.io/kubernetes/pkg/kubelet/images/types.go and
 * kuberuntime). It tries a pull again, but only after a pause, in which it says ImagePullBackOff.
 */
export const hopelessReasons: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);
