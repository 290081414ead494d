// A text message of the server: its type, and its fields by name, each with the value to take when it is not there.
using System.Collections.Generic;

namespace Groovecast
{
    /// <summary>Unknown fields are ignored, missing ones and those of another kind are answered for.</summary>
    public sealed class TextMessage
    {
        private readonly Dictionary<string, object> _fields;

        private TextMessage(Dictionary<string, object> fields)
        {
            _fields = fields;
        }

        /// <summary>What kind of message it is; empty when it does not say.</summary>
        public string Type
        {
            get { return Text("type", ""); }
        }

        /// <summary>Read a message; text that is no JSON object is a WireException.</summary>
        public static TextMessage Read(string text)
        {
            var fields = Json.Read(text) as Dictionary<string, object>;
            if (fields == null)
            {
                throw new WireException("a message is a JSON object, found another value");
            }
            return new TextMessage(fields);
        }

        public string Text(string name, string otherwise)
        {
            return Field(name) as string ?? otherwise;
        }

        public double Number(string name, double otherwise)
        {
            object value = Field(name);
            return value is double ? (double)value : otherwise;
        }

        public bool Flag(string name, bool otherwise)
        {
            object value = Field(name);
            return value is bool ? (bool)value : otherwise;
        }

        /// <summary>A whole number, never beyond what an int holds.</summary>
        public int Count(string name, int otherwise)
        {
            double value = Number(name, otherwise);
            return (int)System.Math.Max(int.MinValue, System.Math.Min(int.MaxValue, value));
        }

        /// <summary>The objects of a list; empty when it is not there.</summary>
        public IEnumerable<TextMessage> Objects(string name)
        {
            var items = Field(name) as List<object>;
            foreach (object item in items ?? new List<object>())
            {
                var fields = item as Dictionary<string, object>;
                if (fields != null)
                {
                    yield return new TextMessage(fields);
                }
            }
        }

        /// <summary>The words of a list; empty when it is not there.</summary>
        public IEnumerable<string> Words(string name)
        {
            var items = Field(name) as List<object>;
            foreach (object item in items ?? new List<object>())
            {
                if (item is string)
                {
                    yield return (string)item;
                }
            }
        }

        /// <summary>The numbers of a list; null when they are not so many.</summary>
        public double[] Numbers(string name, int count)
        {
            var items = Field(name) as List<object>;
            if (items == null || items.Count != count)
            {
                return null;
            }
            var numbers = new double[count];
            for (int one = 0; one < count; one++)
            {
                if (!(items[one] is double))
                {
                    return null;
                }
                numbers[one] = (double)items[one];
            }
            return numbers;
        }

        private object Field(string name)
        {
            object value;
            return _fields.TryGetValue(name, out value) ? value : null;
        }
    }
}
