//go:build tools

// Package peers holds the oldest control plane that nodes of ours join, in the versions of go.mod and go.sum.
package peers

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
	_ "k8s.io/kubernetes/cmd/kube-scheduler"
)
