package main

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	xws "golang.org/x/net/websocket"
	nh "nhooyr.io/websocket"
)

var mode = os.Getenv("IOP_MODE")

func cmd(s string) (string, int, string) {
	w := strings.SplitN(s[1:], " ", 3)
	code, reason := 0, ""
	if len(w) > 1 {
		code, _ = strconv.Atoi(w[1])
	}
	if len(w) > 2 {
		reason = w[2]
	}
	return w[0], code, reason
}

func offered() []string {
	if mode == "subprotocol" {
		return []string{"iop"}
	}
	return nil
}

func tlsc() *tls.Config {
	pem, _ := os.ReadFile("tls/cert.pem")
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: p}
}

func gorilla(c *websocket.Conn) {
	defer c.Close()
	c.SetPongHandler(func(string) error { return c.WriteMessage(websocket.TextMessage, []byte("!pong")) })
	c.SetReadLimit(1 << 30)
	for {
		t, m, err := c.ReadMessage()
		if err != nil {
			fmt.Println("CLOSE", err)
			return
		}
		if t == websocket.TextMessage && len(m) > 0 && m[0] == '!' {
			n, code, reason := cmd(string(m))
			switch n {
			case "close":
				var p []byte
				if code != 0 {
					p = websocket.FormatCloseMessage(code, reason)
				}
				c.WriteControl(websocket.CloseMessage, p, time.Now().Add(time.Second))
			case "ping":
				c.WriteControl(websocket.PingMessage, []byte("x"), time.Now().Add(time.Second))
			case "frag":
				w, _ := c.NextWriter(websocket.TextMessage)
				io.WriteString(w, "frag-")
				io.WriteString(w, "é€😀")
				io.WriteString(w, "-end")
				w.Close()
			}
			continue
		}
		if err := c.WriteMessage(t, m); err != nil {
			fmt.Println("ERROR", err)
			return
		}
	}
}

func nhooyr(c *nh.Conn) {
	c.SetReadLimit(1 << 30)
	ctx := context.Background()
	for {
		t, m, err := c.Read(ctx)
		if err != nil {
			fmt.Println("CLOSE", err)
			c.Close(nh.StatusInternalError, "x")
			return
		}
		if t == nh.MessageText && len(m) > 0 && m[0] == '!' {
			n, code, reason := cmd(string(m))
			switch n {
			case "close":
				if code == 0 {
					code = 1005
				}
				fmt.Println("CLOSE called", c.Close(nh.StatusCode(code), reason))
				return
			case "ping":
				go func() {
					cx, cc := context.WithTimeout(ctx, 3*time.Second)
					defer cc()
					if c.Ping(cx) == nil {
						c.Write(ctx, nh.MessageText, []byte("!pong"))
					}
				}()
			case "frag":
				w, _ := c.Writer(ctx, nh.MessageText)
				io.WriteString(w, "frag-")
				io.WriteString(w, "é€😀")
				io.WriteString(w, "-end")
				w.Close()
			}
			continue
		}
		if err := c.Write(ctx, t, m); err != nil {
			fmt.Println("ERROR", err)
			return
		}
	}
}

type raw struct {
	t byte
	b []byte
}

var codec = xws.Codec{
	Marshal: func(v interface{}) ([]byte, byte, error) { r := v.(*raw); return r.b, r.t, nil },
	Unmarshal: func(b []byte, t byte, v interface{}) error {
		r := v.(*raw)
		r.t, r.b = t, append([]byte{}, b...)
		return nil
	},
}

func xnet(c *xws.Conn) {
	c.MaxPayloadBytes = 1 << 30
	for {
		var r raw
		if err := codec.Receive(c, &r); err != nil {
			fmt.Println("CLOSE", err)
			return
		}
		if r.t == xws.TextFrame && len(r.b) > 0 && r.b[0] == '!' {
			n, code, _ := cmd(string(r.b))
			switch n {
			case "close":
				if code != 0 {
					c.WriteClose(code)
				}
				c.Close()
				fmt.Println("CLOSE called")
				return
			case "ping":
				codec.Send(c, &raw{xws.PingFrame, []byte("x")})
				codec.Send(c, &raw{xws.TextFrame, []byte("!pinged")})
			case "frag":
				codec.Send(c, &raw{xws.TextFrame, []byte("!nofrag")})
			}
			continue
		}
		if err := codec.Send(c, &r); err != nil {
			fmt.Println("ERROR", err)
			return
		}
	}
}

var _ = bytes.NewReader
var _ = flate.BestSpeed

func main() {
	lib := os.Args[1]
	nhMode := func() nh.CompressionMode {
		if mode == "plain" {
			return nh.CompressionDisabled
		}
		if mode == "nct" {
			return nh.CompressionNoContextTakeover
		}
		return nh.CompressionContextTakeover
	}
	if os.Args[2] == "client" {
		for _, u := range os.Args[3:] {
			switch lib {
			case "gorilla":
				d := websocket.Dialer{Subprotocols: offered(), EnableCompression: mode != "plain", TLSClientConfig: tlsc()}
				c, _, err := d.Dial(u, nil)
				if err != nil {
					fmt.Println("ERROR", err)
					continue
				}
				gorilla(c)
			case "nhooyr":
				c, _, err := nh.Dial(context.Background(), u, &nh.DialOptions{Subprotocols: offered(), CompressionMode: nhMode(), CompressionThreshold: 64, HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: tlsc()}}})
				if err != nil {
					fmt.Println("ERROR", err)
					continue
				}
				nhooyr(c)
			case "xnet":
				cfg, _ := xws.NewConfig(u, "http://localhost/")
				cfg.TlsConfig = tlsc()
				c, err := xws.DialConfig(cfg)
				if err != nil {
					fmt.Println("ERROR", err)
					continue
				}
				xnet(c)
			}
		}
		return
	}
	var h http.Handler
	switch lib {
	case "gorilla":
		up := websocket.Upgrader{Subprotocols: []string{"iop"}, EnableCompression: mode != "plain", CheckOrigin: func(*http.Request) bool { return true }}
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := up.Upgrade(w, r, nil)
			if err != nil {
				fmt.Println("ERROR", err)
				return
			}
			gorilla(c)
		})
	case "nhooyr":
		h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := nh.Accept(w, r, &nh.AcceptOptions{Subprotocols: []string{"iop"}, CompressionMode: nhMode(), CompressionThreshold: 64, InsecureSkipVerify: true})
			if err != nil {
				fmt.Println("ERROR", err)
				return
			}
			nhooyr(c)
		})
	case "xnet":
		h = xws.Server{Handler: xnet}
	}
	l, _ := net.Listen("tcp", "127.0.0.1:"+os.Args[3])
	s := &http.Server{Handler: h}
	if mode == "tls" {
		s.ServeTLS(l, "tls/cert.pem", "tls/key.pem")
	} else {
		s.Serve(l)
	}
}
