import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.ar.ArabicAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.FSDirectory;

/**
 * Lucene with its ArabicAnalyzer as a worker; the protocol is that of benchmarks/worker.py.
 *
 * <p>One indexing thread, the default merge policy and scheduler, title and body in one field with positions.
 */
public final class LuceneWorker {
  private static final String TEXT = "text";
  private static final String NUMBER = "number";
  private static final int TOP = 10;
  private static final double MEMORY_MB = 256;

  private final Analyzer analyzer = new ArabicAnalyzer();
  private final BM25Similarity similarity = new BM25Similarity(1.2f, 0.75f);
  private IndexSearcher searcher;

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    LuceneWorker worker = new LuceneWorker();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String answer;
      try {
        answer = "ok\t" + worker.answer(line.split("\t"));
      } catch (IOException | RuntimeException error) {
        answer = "error\t" + String.valueOf(error).replaceAll("\\s+", " ");
      }
      out.println(answer);
      out.flush();
    }
  }

  private String answer(String[] request) throws IOException {
    long began = System.nanoTime();
    switch (request[0]) {
      case "index" -> index(Path.of(request[1]), Path.of(request[2]));
      case "settle" -> settle(Path.of(request[1]));
      case "open" -> open(Path.of(request[1]));
      case "round" -> {
        return round(queries(request));
      }
      case "answers" -> {
        return answers(queries(request));
      }
      default -> throw new IllegalArgumentException("no such command: " + request[0]);
    }
    return Double.toString((System.nanoTime() - began) / 1e9);
  }

  private IndexWriterConfig config() {
    return new IndexWriterConfig(analyzer).setSimilarity(similarity).setRAMBufferSizeMB(MEMORY_MB);
  }

  private void index(Path documents, Path folder) throws IOException {
    try (FSDirectory directory = FSDirectory.open(folder);
        IndexWriter writer = new IndexWriter(directory, config());
        BufferedReader lines = Files.newBufferedReader(documents, StandardCharsets.UTF_8)) {
      long number = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Document document = new Document();
        document.add(new TextField(TEXT, line.replace('\t', '\n'), Field.Store.NO));
        document.add(new NumericDocValuesField(NUMBER, number++));
        writer.addDocument(document);
      }
    }
  }

  private void settle(Path folder) throws IOException {
    try (FSDirectory directory = FSDirectory.open(folder);
        IndexWriter writer = new IndexWriter(directory, config())) {
      writer.forceMerge(1);
    }
  }

  private void open(Path folder) throws IOException {
    searcher = new IndexSearcher(DirectoryReader.open(FSDirectory.open(folder)));
    searcher.setSimilarity(similarity);
  }

  private static List<String> queries(String[] request) throws IOException {
    List<String> queries = new ArrayList<>();
    for (String line : Files.readAllLines(Path.of(request[1]), StandardCharsets.UTF_8)) {
      if (queries.size() < Integer.parseInt(request[2])) {
        queries.add(line.substring(0, line.indexOf('\t')));
      }
    }
    return queries;
  }

  private String round(List<String> queries) throws IOException {
    StringJoiner times = new StringJoiner(" ");
    for (String query : queries) {
      long began = System.nanoTime();
      search(query);
      times.add(Long.toString(System.nanoTime() - began));
    }
    return times.toString();
  }

  private String answers(List<String> queries) throws IOException {
    StringJoiner all = new StringJoiner(" ");
    for (String query : queries) {
      StringJoiner numbers = new StringJoiner(",");
      numbers.setEmptyValue("-");
      for (ScoreDoc hit : search(query)) {
        numbers.add(Long.toString(number(hit.doc)));
      }
      all.add(numbers.toString());
    }
    return all.toString();
  }

  private ScoreDoc[] search(String text) throws IOException {
    BooleanQuery.Builder query = new BooleanQuery.Builder();
    try (TokenStream tokens = analyzer.tokenStream(TEXT, text)) {
      CharTermAttribute term = tokens.addAttribute(CharTermAttribute.class);
      tokens.reset();
      while (tokens.incrementToken()) {
        query.add(new TermQuery(new Term(TEXT, term.toString())), BooleanClause.Occur.SHOULD);
      }
      tokens.end();
    }
    return searcher.search(query.build(), TOP).scoreDocs;
  }

  private long number(int document) throws IOException {
    List<LeafReaderContext> leaves = searcher.getIndexReader().leaves();
    LeafReaderContext leaf = leaves.get(ReaderUtil.subIndex(document, leaves));
    NumericDocValues numbers = leaf.reader().getNumericDocValues(NUMBER);
    numbers.advanceExact(document - leaf.docBase);
    return numbers.longValue();
  }
}
