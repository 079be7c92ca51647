package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	v1 "k8s.io/api/core/v1"
	api "k8s.io/kubernetes/pkg/apis/core"
)

// The types of a pod by their Go names. A field of a struct is "NAME JSON-NAME TYPE": "?" after the name in JSON says
// that JSON leaves out the zero value, and "." is the name of an embedded struct, whose fields JSON has in its place.
type table struct {
	Structs map[string][]string `json:"structs"`
	Named   map[string]string   `json:"named"`
}

// Types that JSON writes as one value; the writer of the dump knows what is in them.
var opaque = map[string]bool{
	"resource.Quantity":  true,
	"intstr.IntOrString": true,
	"v1.FieldsV1":        true,
	"v1.Time":            true,
}

func printTypes() {
	found := table{Structs: map[string][]string{}, Named: map[string]string{}}
	found.visit(reflect.TypeFor[api.Pod](), reflect.TypeFor[v1.Pod]())
	if err := json.NewEncoder(os.Stdout).Encode(found); err != nil {
		panic(err)
	}
}

// visit takes an internal type, which the dump names, and the type of v1 with the same fields, which has JSON's names.
func (found table) visit(internal, external reflect.Type) {
	if internal.Kind() != external.Kind() {
		panic(fmt.Sprintf("%v is not like %v", internal, external))
	}
	name := internal.String()
	switch internal.Kind() {
	case reflect.Pointer, reflect.Slice:
		found.visit(internal.Elem(), external.Elem())
	case reflect.Map:
		if internal.PkgPath() != "" {
			found.Named[name] = fmt.Sprintf("map[%v]%v", internal.Key(), internal.Elem())
		}
		found.visit(internal.Key(), external.Key())
		found.visit(internal.Elem(), external.Elem())
	case reflect.Struct:
		if _, known := found.Structs[name]; !known && !opaque[name] {
			found.visitStruct(name, internal, external)
		}
	default:
		if internal.PkgPath() != "" {
			found.Named[name] = internal.Kind().String()
		}
	}
}

func (found table) visitStruct(name string, internal, external reflect.Type) {
	if internal.NumField() != external.NumField() {
		panic(fmt.Sprintf("%v has other fields than %v", internal, external))
	}
	found.Structs[name] = nil
	var fields []string
	for i := range internal.NumField() {
		inside, outside := internal.Field(i), external.Field(i)
		if inside.Name != outside.Name {
			panic(fmt.Sprintf("%v.%v is %v in v1", internal, inside.Name, outside.Name))
		}
		fields = append(fields, fmt.Sprintf("%s %s %v", inside.Name, jsonName(outside), inside.Type))
		found.visit(inside.Type, outside.Type)
	}
	found.Structs[name] = fields
}

func jsonName(field reflect.StructField) string {
	name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
	isStruct := field.Type.Kind() == reflect.Struct
	switch {
	case field.Anonymous && name == "":
		return "."
	case strings.Contains(options, "omitzero"), strings.Contains(options, "omitempty") && !isStruct:
		return name + "?"
	default:
		return name
	}
}
