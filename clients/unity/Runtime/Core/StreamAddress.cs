// Where a show is: what a person types (host, host:port, http or ws address) as the address of its stream.
using System;

namespace Groovecast
{
    /// <summary>The stream's address and the token that its server asks for, if any.</summary>
    public sealed class StreamAddress
    {
        public const int DefaultPort = 8765;
        public const string Subprotocol = "groovecast.v1+bin";

        public readonly Uri Uri; // with the token, when it came in the address
        public readonly string Token; // empty: none

        private StreamAddress(Uri uri, string token)
        {
            Uri = uri;
            Token = token;
        }

        /// <summary>Read an address; ArgumentException says what to write.</summary>
        public static StreamAddress Read(string typed, string token)
        {
            string text = (typed ?? "").Trim();
            bool named = text.Contains("://");
            Uri uri;
            if (!Uri.TryCreate(named ? text : "ws://" + text, UriKind.Absolute, out uri) || uri.Host == "")
            {
                throw new ArgumentException("asked for a show at '" + typed + "': give an address like 127.0.0.1:8765");
            }
            bool safe = uri.Scheme == "wss" || uri.Scheme == "https";
            if (!safe && uri.Scheme != "ws" && uri.Scheme != "http")
            {
                throw new ArgumentException("asked for a show by " + uri.Scheme + ": give ws://, wss://, http:// or https://");
            }
            var whole = new UriBuilder(uri) { Scheme = safe ? "wss" : "ws" };
            whole.Port = uri.IsDefaultPort && !named ? DefaultPort : uri.Port;
            whole.Path = uri.AbsolutePath == "/" ? "/ws" : uri.AbsolutePath;
            string asked = uri.Query.TrimStart('?');
            string typedToken = "";
            foreach (string part in asked.Split('&'))
            {
                typedToken = part.StartsWith("token=") ? Uri.UnescapeDataString(part.Substring(6)) : typedToken;
            }
            return new StreamAddress(whole.Uri, string.IsNullOrEmpty(token) ? typedToken : token.Trim());
        }

        /// <summary>The address with the token in it, for a browser, whose WebSocket cannot set headers.</summary>
        public Uri WithToken
        {
            get
            {
                if (Token == "" || Uri.Query.Contains("token="))
                {
                    return Uri;
                }
                var whole = new UriBuilder(Uri);
                string asked = Uri.Query.TrimStart('?');
                whole.Query = (asked == "" ? "" : asked + "&") + "token=" + Uri.EscapeDataString(Token);
                return whole.Uri;
            }
        }
    }
}
