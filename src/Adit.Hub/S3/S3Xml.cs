using System.Globalization;
using System.Text;
using System.Xml;
using Microsoft.AspNetCore.Http;

namespace Adit.Hub.S3;

/// <summary>Documents of S3, written and read. What is read has a bound, and neither a document type nor anything from elsewhere.</summary>
internal static class S3Xml
{
    private const string Namespace = "http://s3.amazonaws.com/doc/2006-03-01/";
    private const int MostBytes = 2 << 20;
    private const int MostText = 8 << 10;

    private static readonly XmlWriterSettings Writing = new() { Encoding = new UTF8Encoding(false), CheckCharacters = false };
    private static readonly XmlReaderSettings Reading = new()
    {
        Async = true, DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MostBytes, MaxCharactersFromEntities = 1024, IgnoreComments = true,
        IgnoreProcessingInstructions = true, IgnoreWhitespace = true,
    };

    /// <summary>Answers with a document.</summary>
    public static Task WriteAsync(S3Call call, string root, Action<XmlWriter> content, int status = 200) => WriteAsync(call.Http, root, Namespace, content, status);

    /// <summary>Answers with an error. A HEAD has none in its body.</summary>
    public static Task WriteAsync(HttpContext context, S3Refusal refusal)
    {
        context.Response.Headers.Remove("Content-Length");
        if (HttpMethods.IsHead(context.Request.Method) || refusal.Status == StatusCodes.Status304NotModified)
        {
            context.Response.StatusCode = refusal.Status;
            return Task.CompletedTask;
        }

        return WriteAsync(context, "Error", "", xml =>
        {
            xml.WriteElementString("Code", refusal.Code);
            xml.WriteElementString("Message", refusal.Message);
            xml.WriteElementString("Resource", context.Request.Path.Value is { Length: > 0 and <= 1024 } path ? Safe(path) : "/");
            xml.WriteElementString("RequestId", context.TraceIdentifier);
        }, refusal.Status);
    }

    /// <summary>Reads a document: calls <paramref name="element"/> with the names of each element and those around it, without the topmost, and its text.</summary>
    /// <exception cref="S3Refusal">It is none, or too large.</exception>
    public static async Task ReadAsync(S3Call call, string root, Action<string, string> element)
    {
        using var payload = new PayloadReader(call.Request, call.Signed, MostBytes);
        var bytes = new byte[payload.Length];
        var length = 0;
        for (int read; (read = await payload.ReadAsync(length < bytes.Length ? bytes.AsMemory(length) : new byte[1], call.Aborted)) > 0;)
            length += read;
        try
        {
            using var xml = XmlReader.Create(new MemoryStream(bytes, 0, length), Reading);
            await xml.MoveToContentAsync();
            if (xml.LocalName != root)
                throw S3Refusal.Malformed();
            var names = new List<string>();
            var text = new StringBuilder();
            while (await xml.ReadAsync())
            {
                if (xml.NodeType == XmlNodeType.Element)
                {
                    names.Add(xml.LocalName);
                    text.Clear();
                    if (names.Count > 8)
                        throw S3Refusal.Malformed();
                    if (xml.IsEmptyElement)
                        End();
                }
                else if (xml.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace)
                {
                    var more = await xml.GetValueAsync();
                    if (text.Length + more.Length > MostText)
                        throw S3Refusal.Malformed();
                    text.Append(more);
                }
                else if (xml.NodeType == XmlNodeType.EndElement && names.Count > 0)
                {
                    End();
                }
            }

            void End()
            {
                element(string.Join('/', names), text.ToString());
                names.RemoveAt(names.Count - 1);
                text.Clear();
            }
        }
        catch (XmlException)
        {
            throw S3Refusal.Malformed();
        }
    }

    /// <summary>A time as S3 writes it.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Safe(string text) => string.Concat(text.Where(static c => c >= ' ' && !char.IsSurrogate(c)));

    private static async Task WriteAsync(HttpContext context, string root, string ns, Action<XmlWriter> content, int status)
    {
        using var buffer = new MemoryStream();
        using (var xml = XmlWriter.Create(buffer, Writing))
        {
            xml.WriteStartDocument();
            xml.WriteStartElement(root, ns);
            content(xml);
            xml.WriteEndElement();
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml";
        context.Response.ContentLength = buffer.Length;
        await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
    }
}
