// Command static-pod-uid is the real kubelet's answer to two questions about the UIDs of static pods.
//
//	static-pod-uid uids NODE < REQUESTS   one line for each line: the UID that the pod of a manifest gets
//	static-pod-uid types                  the Go types of a pod, whose debug print the UID is a hash of
//
// A request is JSON: {"manifest": JSON or YAML in a string, "source": a path or URL, "file": whether it is a path}.
// Its answer is {"uid"}, with "dump" (what is hashed) for requests with "dump": true, or {"error"}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
	_ "unsafe"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	api "k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/kubelet/config"
	"k8s.io/utils/dump"
)

// What gives a static pod its UID, from pkg/kubelet/config/common.go.
//
//go:linkname applyDefaults k8s.io/kubernetes/pkg/kubelet/config.applyDefaults
func applyDefaults(logger klog.Logger, pod *api.Pod, source string, isFile bool, nodeName types.NodeName) error

type request struct {
	Manifest string `json:"manifest"`
	Source   string `json:"source"`
	File     bool   `json:"file"`
	Dump     bool   `json:"dump"`
}

type answer struct {
	UID   string `json:"uid,omitempty"`
	Dump  string `json:"dump,omitempty"`
	Error string `json:"error,omitempty"`
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "uids":
		answerAll(types.NodeName(os.Args[2]))
	case len(os.Args) == 2 && os.Args[1] == "types":
		printTypes()
	default:
		fmt.Fprintln(os.Stderr, "usage: static-pod-uid uids NODE | static-pod-uid types")
		os.Exit(2)
	}
}

func answerAll(node types.NodeName) {
	time.Local = machineInUTC()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked request
		reply := answer{}
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			reply.Error = err.Error()
		} else if reply, err = uidOf(asked, node); err != nil {
			reply.Error = err.Error()
		}
		if err := out.Encode(reply); err != nil {
			panic(err)
		}
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
}

// uidOf decodes as tryDecodeSinglePod of pkg/kubelet/config does, without its validation.
func uidOf(asked request, node types.NodeName) (answer, error) {
	content, err := utilyaml.ToJSON([]byte(asked.Manifest))
	if err != nil {
		return answer{}, err
	}
	decoded, err := runtime.Decode(legacyscheme.Codecs.UniversalDecoder(), content)
	if err != nil {
		return answer{}, err
	}
	pod, ok := decoded.(*api.Pod)
	if !ok {
		return answer{}, fmt.Errorf("not a pod: %T", decoded)
	}
	reply := answer{}
	if asked.Dump {
		reply.Dump = dump.ForHash(pod)
	}
	if err := applyDefaults(klog.Background(), pod, asked.Source, asked.File, node); err != nil {
		return answer{}, err
	}
	reply.UID = string(pod.UID)
	return reply, nil
}

// machineInUTC is what Go makes of an /etc/localtime that is UTC's: the dump has it within every time of a manifest.
func machineInUTC() *time.Location {
	location, err := time.LoadLocationFromTZData("Local", utc)
	if err != nil {
		panic(err)
	}
	return location
}

// utc is the file of UTC in the format of tzfile(5), version 2: one zone, no transitions.
var utc = []byte("TZif2" + zeros15 + counts + zone + "TZif2" + zeros15 + counts + zone + "\nUTC0\n")

const (
	zeros15 = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	counts  = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x04"
	zone    = "\x00\x00\x00\x00\x00\x00UTC\x00"
)
