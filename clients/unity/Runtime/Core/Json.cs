// A small reader of JSON for the protocol's text messages: bounded in size and depth, numbers as doubles.
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Groovecast
{
    /// <summary>Reads one JSON value; any other text is a WireException.</summary>
    public sealed class Json
    {
        public const int MostChars = 1 << 20;
        public const int MostDepth = 16;

        private readonly string _text;
        private int _at;

        private Json(string text)
        {
            _text = text;
        }

        /// <summary>
        /// Null, bool, double, string, List of object or Dictionary of string to object; a name said twice counts last.
        /// </summary>
        public static object Read(string text)
        {
            if (text == null || text.Length > MostChars)
            {
                throw new WireException("a text has at most " + MostChars + " characters, found more");
            }
            var reader = new Json(text);
            object value = reader.Value(0);
            reader.Blank();
            if (reader._at != text.Length)
            {
                throw reader.Wrong("the end");
            }
            return value;
        }

        /// <summary>A text as JSON writes it, quotes included.</summary>
        public static string Quoted(string text)
        {
            var quoted = new StringBuilder("\"");
            foreach (char c in text)
            {
                if (c == '"' || c == '\\')
                {
                    quoted.Append('\\').Append(c);
                }
                else if (c < ' ')
                {
                    quoted.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                }
                else
                {
                    quoted.Append(c);
                }
            }
            return quoted.Append('"').ToString();
        }

        /// <summary>A number as JSON writes it, to its last bit.</summary>
        public static string Number(double value)
        {
            return value.ToString("R", CultureInfo.InvariantCulture);
        }

        private object Value(int depth)
        {
            if (depth > MostDepth)
            {
                throw Wrong("at most " + MostDepth + " levels");
            }
            Blank();
            switch (Peek())
            {
                case '{':
                    return Fields(depth);
                case '[':
                    return Items(depth);
                case '"':
                    return Text();
                case 't':
                    return Word("true", true);
                case 'f':
                    return Word("false", false);
                case 'n':
                    return Word("null", null);
                default:
                    return Number();
            }
        }

        private Dictionary<string, object> Fields(int depth)
        {
            var fields = new Dictionary<string, object>();
            _at++;
            Blank();
            if (Took('}'))
            {
                return fields;
            }
            do
            {
                Blank();
                if (Peek() != '"')
                {
                    throw Wrong("a name");
                }
                string name = Text();
                Blank();
                Take(':');
                fields[name] = Value(depth + 1);
                Blank();
            }
            while (Took(','));
            Take('}');
            return fields;
        }

        private List<object> Items(int depth)
        {
            var items = new List<object>();
            _at++;
            Blank();
            if (Took(']'))
            {
                return items;
            }
            do
            {
                items.Add(Value(depth + 1));
                Blank();
            }
            while (Took(','));
            Take(']');
            return items;
        }

        private string Text()
        {
            var text = new StringBuilder();
            _at++;
            while (true)
            {
                char c = Peek();
                if (c < ' ')
                {
                    throw Wrong("a text that ends");
                }
                _at++;
                if (c == '"')
                {
                    return text.ToString();
                }
                text.Append(c == '\\' ? Escaped() : c);
            }
        }

        private char Escaped()
        {
            char c = Peek();
            _at++;
            int known = "\"\\/bfnrt".IndexOf(c);
            if (known >= 0)
            {
                return "\"\\/\b\f\n\r\t"[known];
            }
            int code;
            if (c != 'u' || _at + 4 > _text.Length
                || !int.TryParse(_text.Substring(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out code))
            {
                throw Wrong("an escape");
            }
            _at += 4;
            return (char)code;
        }

        private object Number()
        {
            int begin = _at;
            while ("+-.eE0123456789".IndexOf(Peek()) >= 0)
            {
                _at++;
            }
            double value;
            const NumberStyles style =
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
            string digits = _text.Substring(begin, _at - begin);
            if (!double.TryParse(digits, style, CultureInfo.InvariantCulture, out value)
                || double.IsNaN(value) || double.IsInfinity(value))
            {
                throw Wrong("a number");
            }
            return value;
        }

        private object Word(string word, object value)
        {
            if (string.CompareOrdinal(_text, _at, word, 0, word.Length) != 0)
            {
                throw Wrong(word);
            }
            _at += word.Length;
            return value;
        }

        private void Blank()
        {
            while (_at < _text.Length && " \t\r\n".IndexOf(_text[_at]) >= 0)
            {
                _at++;
            }
        }

        private char Peek()
        {
            return _at < _text.Length ? _text[_at] : '\0';
        }

        private bool Took(char c)
        {
            bool there = Peek() == c;
            _at += there ? 1 : 0;
            return there;
        }

        private void Take(char c)
        {
            if (!Took(c))
            {
                throw Wrong("'" + c + "'");
            }
        }

        private WireException Wrong(string wanted)
        {
            return new WireException("a JSON text has " + wanted + " at character " + _at + ", found another thing");
        }
    }
}
