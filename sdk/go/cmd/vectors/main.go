// Command vectors answers the shared vectors, one a line, for `make test-sdks`.
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"paymesh"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		for i, field := range fields {
			raw, err := base64.StdEncoding.DecodeString(field)
			if err != nil {
				panic(err)
			}
			fields[i] = string(raw)
		}
		if fields[0] == "sign" {
			who := paymesh.Credentials{AppID: fields[1], KeyID: fields[2], Key: fields[3]}
			header, err := who.Authorization(fields[4], fields[5], number(fields[6]), fields[7], []byte(fields[8]))
			if err != nil {
				header = "refused: " + err.Error()
			}
			fmt.Println(header)
			continue
		}
		header := http.Header{}
		header.Set("webhook-id", fields[2])
		header.Set("webhook-timestamp", fields[3])
		header.Set("webhook-signature", fields[4])
		fmt.Println(paymesh.IsAuthentic(fields[1], header, []byte(fields[6]), time.Unix(number(fields[5]), 0)))
	}
}

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}
