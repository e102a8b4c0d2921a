// archive writes a container image of one layer as a docker-archive, the same bytes for the same files:
//
//	archive OUT.tar NAME:TAG ROOT-FOLDER '{"Entrypoint": [...], "Cmd": [...], "Env": [...], "User": "..."}'
package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"time"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func addFile(out *tar.Writer, header *tar.Header, content []byte) {
	header.Size = int64(len(content))
	must(0, out.WriteHeader(header))
	must(out.Write(content))
}

// layer is the tar of all files below root, owned by root.
func layer(root string) []byte {
	var buffer bytes.Buffer
	out := tar.NewWriter(&buffer)
	must(0, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		var link string
		var content []byte
		if entry.Type()&fs.ModeSymlink != 0 {
			link = must(os.Readlink(path))
		} else if entry.Type().IsRegular() {
			content = must(os.ReadFile(path))
		}
		header := must(tar.FileInfoHeader(must(entry.Info()), link))
		header.Name = must(filepath.Rel(root, path))
		header.Uid, header.Gid, header.Uname, header.Gname = 0, 0, "root", "root"
		header.ModTime, header.AccessTime, header.ChangeTime = time.Unix(0, 0), time.Time{}, time.Time{}
		addFile(out, header, content)
		return nil
	}))
	must(0, out.Close())
	return buffer.Bytes()
}

func main() {
	file, name, root, config := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	files := layer(root)
	image := must(json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux", "config": json.RawMessage(config),
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{fmt.Sprintf("sha256:%x", sha256.Sum256(files))}},
	}))
	imageFile := fmt.Sprintf("%x.json", sha256.Sum256(image))
	manifest := must(json.Marshal([]any{map[string]any{"Config": imageFile, "RepoTags": []string{name}, "Layers": []string{"layer.tar"}}}))

	var buffer bytes.Buffer
	out := tar.NewWriter(&buffer)
	addFile(out, &tar.Header{Name: imageFile, Mode: 0o644}, image)
	addFile(out, &tar.Header{Name: "layer.tar", Mode: 0o644}, files)
	addFile(out, &tar.Header{Name: "manifest.json", Mode: 0o644}, manifest)
	must(0, out.Close())
	must(0, os.WriteFile(file, buffer.Bytes(), 0o644))
}
